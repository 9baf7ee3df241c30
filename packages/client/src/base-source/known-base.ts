// SPDX-License-Identifier: Apache-2.0
import type { BaseRecord, Norm } from "../fingerprint/index.ts";

/** Where what is known of a base was read. Only a file can be run, and be one of the base's known builds. */
export type BaseOrigin =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "registry"; readonly url: string };

/** A base that somebody named: which weights it has, never the weights. */
export interface KnownBase {
  readonly origin: BaseOrigin;
  readonly record: BaseRecord;
  /** What people call it. */
  readonly name: string;
  /** The user gave the name; otherwise it comes from the file, and stands behind one that lora.json has. */
  readonly named: boolean;
  /** Of the file, such as `Q4_K_M`; undefined where only a record was read. */
  readonly quantization: string | undefined;
  /** Undefined where only a record was read. */
  readonly norms?: readonly Norm[] | undefined;
  /** What a person should know, though the fingerprint is sound. */
  readonly warnings: readonly string[];
}
