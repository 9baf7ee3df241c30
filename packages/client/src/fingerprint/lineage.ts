// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "../digest.ts";
import { type GgufTensorInfo, readTensorData } from "../formats/gguf/index.ts";
import { quote } from "../names.ts";
import { lineageDigest, type Norm } from "./components.ts";
import { impossible } from "./impossible.ts";
import type { JoinedBase } from "./join-shards.ts";
import { byName, isNorm } from "./trunk.ts";

/** A norm has a few thousand numbers; a file that claims more is made to fill memory. */
export const MAX_NORM_BYTES = 1024 * 1024;
/** The norms of a model of 405 billion parameters are 16 MiB; a file that claims more is made to be read for long. */
export const MAX_NORMS_BYTES = 32 * 1024 * 1024;
/** Several at a time: over HTTP each is a round trip. */
const READS_AT_ONCE = 8;

/** @throws LoraError FINGERPRINT_IMPOSSIBLE with the reason, and what the source throws */
export function lineageOf(base: JoinedBase, trunkBlocks: number): Promise<Sha256> {
  const { file } = base;
  const norms = file.tensors
    .filter(({ name }) => isNorm(name, trunkBlocks))
    .sort((x, y) => byName(x.name, y.name));
  if (norms.length === 0)
    throw impossible(file, "has no norm weights, and by them alone two versions of a base are told apart");
  let totalBytes = 0;
  for (const { name, type, sizeBytes } of norms) {
    // Hashing only those in F32 would give another fingerprint than the same base has elsewhere.
    if (type !== "F32")
      throw impossible(file, `has ${quote(name)} as ${type}; norms must be F32, as llama.cpp keeps them`);
    if (sizeBytes > MAX_NORM_BYTES)
      throw impossible(
        file,
        `has ${sizeBytes} bytes in ${quote(name)}; at most ${MAX_NORM_BYTES} make a norm`,
      );
    totalBytes += sizeBytes;
  }
  if (totalBytes > MAX_NORMS_BYTES)
    throw impossible(file, `has ${totalBytes} bytes of norms; at most ${MAX_NORMS_BYTES} are read`);
  return lineageDigest(norms.length, readNorms(base, norms));
}

async function* readNorms({ sourceOf }: JoinedBase, norms: readonly GgufTensorInfo[]): AsyncGenerator<Norm> {
  for (let i = 0; i < norms.length; i += READS_AT_ONCE) {
    const some = norms.slice(i, i + READS_AT_ONCE);
    const data = await Promise.all(some.map((norm) => readTensorData(sourceOf(norm), norm)));
    for (const [j, { name }] of some.entries()) yield { name, data: data[j] as Uint8Array };
  }
}
