// SPDX-License-Identifier: Apache-2.0
/**
 * Fingerprint version 1. Three components, each a sha256 in hex over items that carry their lengths (`hash-writer.ts`:
 * a number is u64 little-endian, a text or data is its length as a number and then its bytes):
 *
 *     structure = text "lfp1.structure"
 *                 text architecture
 *                 count, numbers of heads                 one where all blocks have the same, none where absent
 *                 count, numbers of key/value heads       those of heads where absent
 *                 number embedding length
 *                 count, per tensor sorted by name: text name, count, dims       blk.*.weight, two or more dims
 *
 *     lineage   = text "lfp1.lineage"
 *                 count, per tensor sorted by name: text name, data              *norm*.weight, F32
 *
 *     tokenizer = text "lfp1.tokenizer"
 *                 text model
 *                 count, per token of type NORMAL by id: number id, text         "count" before them: how many
 *                 count, per merge: text
 *
 *     fingerprint = "lfp1:" hex sha256 of the canonical JSON
 *         {"architecture":"llama","lineage":"…","structure":"…","tokenizer":"…","v":1}
 *
 * Names are sorted by bytes. Dims are those of the file, contiguous first, without trailing ones. Which tensors count
 * is in `trunk.ts`. A difference in `structure` means that tensors do not fit, in `lineage` that it is another version
 * of the base, in `tokenizer` that text means other tokens. A worked example: docs/fingerprint.md.
 */
import { type Sha256, sha256Of } from "../digest.ts";
import { canonicalJson } from "../json/index.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { createHashWriter } from "./hash-writer.ts";
import { isStructural } from "./trunk.ts";

export interface Components {
  readonly structure: Sha256;
  readonly lineage: Sha256;
  readonly tokenizer: Sha256;
}

/** What `structure` is made of. */
export interface Structure {
  readonly architecture: string;
  /** One number, or one per block of the trunk; empty for a base without attention. */
  readonly headCount: readonly number[];
  readonly headCountKv: readonly number[];
  readonly embeddingLength: number;
  readonly trunkBlocks: number;
  /** Of every tensor of the base; those that do not count are passed over. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

export function structureDigest(structure: Structure): Sha256 {
  const { architecture, headCount, headCountKv, embeddingLength, trunkBlocks, tensors } = structure;
  const dimsOf = (name: string) => tensors[name] ?? [];
  const names = Object.keys(tensors)
    .filter((name) => isStructural(name, dimsOf(name), trunkBlocks))
    .sort();
  const writer = createHashWriter("lfp1.structure")
    .text(architecture)
    .numbers(headCount)
    .numbers(headCountKv)
    .number(embeddingLength)
    .number(names.length);
  for (const name of names) writer.text(name).numbers(dimsOf(name));
  return writer.digest();
}

export interface Norm {
  readonly name: string;
  /** F32 as the file has them. */
  readonly data: Uint8Array;
}

/** @param norms sorted by name */
export function lineageDigest(norms: readonly Norm[]): Sha256 {
  const writer = createHashWriter("lfp1.lineage").number(norms.length);
  for (const { name, data } of norms) writer.text(name).data(data);
  return writer.digest();
}

export function fingerprintOf(
  architecture: string,
  { structure, lineage, tokenizer }: Components,
): Fingerprint {
  const json = canonicalJson({ v: 1, architecture, structure, lineage, tokenizer });
  return `lfp1:${sha256Of(json)}` as Fingerprint;
}
