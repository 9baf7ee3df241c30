// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../../byte-source/index.ts";
import type { ErrorCode } from "../../errors.ts";
import { type RawGguf, rawHeader, sparseSource } from "./raw-gguf.test.support.ts";

/** For tests: a file that must be refused, with the code of its refusal. */
export interface HostileFile {
  readonly name: string;
  readonly code: ErrorCode;
  /** Made anew for each use, and only then: some are large. Behind `head` the file has zeros. */
  readonly make: () => { readonly head: Uint8Array; readonly sizeBytes: number };
}

export const ALL_ONES = 2n ** 64n - 1n;

export function hostileFile(name: string, code: ErrorCode, content: () => Uint8Array): HostileFile {
  return {
    name,
    code,
    make: () => {
      const head = content();
      return { head, sizeBytes: head.length };
    },
  };
}

/** With as much data as its tensors claim, none of it held in memory. */
export function hollowFile(name: string, code: ErrorCode, content: () => RawGguf): HostileFile {
  return {
    name,
    code,
    make: () => {
      const { header, dataBytes } = rawHeader(content());
      return { head: header, sizeBytes: header.length + dataBytes };
    },
  };
}

export function openHostile(file: HostileFile): ByteSource {
  const { head, sizeBytes } = file.make();
  return sparseSource(head, sizeBytes, file.name);
}
