// SPDX-License-Identifier: Apache-2.0
import type { BaseRecord } from "./base-record.ts";
import { type Components, fingerprintOf, type Norm, type Structure } from "./components.ts";
import { describeTensors } from "./describe-tensors.ts";
import type { Fingerprint } from "./fingerprint.ts";

export interface BaseFingerprint {
  readonly fingerprint: Fingerprint;
  readonly architecture: string;
  readonly components: Components;
  /** Its `builds` are empty: this does not read the whole file. */
  readonly record: BaseRecord;
  /** `general.name`, on one line; for people only. */
  readonly name: string | undefined;
  /** `Q4_K_M`. */
  readonly quantization: string;
  /** Sorted by name; a megabyte for a model of 8 billion parameters. */
  readonly norms: readonly Norm[];
  /** What a person should know about the file, though its fingerprint is sound. */
  readonly warnings: readonly string[];
}

/** What was read of a base, whatever its files were. */
export interface BaseFacts
  extends Pick<BaseFingerprint, "components" | "norms" | "name" | "quantization" | "warnings"> {
  readonly structure: Structure;
  readonly ropeFreqBase: number | undefined;
  readonly normEpsilon: number | undefined;
}

export function describeBase(facts: BaseFacts): BaseFingerprint {
  const { structure, components, norms, ropeFreqBase, normEpsilon, name, quantization, warnings } = facts;
  const { architecture, tensors } = structure;
  const fingerprint = fingerprintOf(architecture, components);
  const record: BaseRecord = {
    v: 1,
    fingerprint,
    components,
    ...structure,
    ...describeTensors(tensors),
    ...(ropeFreqBase === undefined ? {} : { ropeFreqBase }),
    ...(normEpsilon === undefined ? {} : { normEpsilon }),
    names: name === undefined ? [] : [name],
    builds: [],
  };
  const gemma = architecture.startsWith("gemma")
    ? ["Gemma bases that were saved as fp16 at some time have other norms, hence another fingerprint"]
    : [];
  return {
    fingerprint,
    architecture,
    components,
    record,
    name,
    quantization,
    norms,
    warnings: [...warnings, ...gemma],
  };
}
