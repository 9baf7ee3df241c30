// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { withoutTrailingOnes } from "../formats/gguf/tensor-types.ts";
import { quote } from "../names.ts";
import type { BaseRecord } from "./base-record.ts";
import { fingerprintOf, structureDigest } from "./components.ts";
import { describeTensors } from "./describe-tensors.ts";
import { countTrunkBlocks, normaliseHeads } from "./trunk.ts";

/**
 * Whether a record agrees with itself: `structure` with its shapes, the fingerprint with its components, and what it
 * says of the base with its tensors. It comes from whoever published an adapter for the base.
 * @throws LoraError BASE_RECORD_INVALID
 */
export function assertBaseRecord(record: BaseRecord): void {
  const { architecture, tensors, trunkBlocks, components } = record;
  for (const [name, dims] of Object.entries(tensors)) {
    if (withoutTrailingOnes(dims).length !== dims.length)
      throw invalid(`has trailing dimensions of 1 in ${quote(name)}`, { tensor: name });
  }
  const blocks = countTrunkBlocks(Object.keys(tensors));
  if (blocks !== trunkBlocks) throw invalid(`says ${trunkBlocks} blocks, its tensors say ${blocks}`);
  for (const heads of [record.headCount, record.headCountKv])
    if (normaliseHeads(heads, trunkBlocks).length !== heads.length)
      throw invalid("gives numbers of heads in a form that no fingerprint has");

  const structure = structureDigest(record);
  if (structure !== components.structure)
    throw invalid("has shapes that are not those of its structure", {
      structure,
      claimed: components.structure,
    });
  const fingerprint = fingerprintOf(architecture, components);
  if (fingerprint !== record.fingerprint)
    throw invalid("has components that are not those of its fingerprint", {
      fingerprint,
      claimed: record.fingerprint,
    });

  const described = describeTensors(tensors);
  for (const key of ["tiedEmbedding", "fusedQkv", "vocabularySize", "experts"] as const)
    if (described[key] !== record[key])
      throw invalid(`says ${key} ${record[key]}, its tensors say ${described[key]}`, { key });
}

function invalid(what: string, details: Record<string, unknown> = {}): LoraError {
  return new LoraError("BASE_RECORD_INVALID", `The base record ${what}`, { details });
}
