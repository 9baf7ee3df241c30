// SPDX-License-Identifier: Apache-2.0
import { readTensorData } from "../formats/gguf/index.ts";
import { quote } from "../names.ts";
import type { Norm } from "./components.ts";
import { impossible } from "./impossible.ts";
import type { JoinedBase } from "./join-shards.ts";
import { byName, isNorm } from "./trunk.ts";

/** A norm has a few thousand numbers; a file that claims more is made to fill memory. */
export const MAX_NORM_BYTES = 1024 * 1024;
/** The norms of a model of 405 billion parameters are 16 MiB; a file that claims more is made to be read for long. */
export const MAX_NORMS_BYTES = 32 * 1024 * 1024;
/** Several at a time: over HTTP each is a round trip. */
const READS_AT_ONCE = 8;

/** The norms of a base, sorted by name. @throws LoraError FINGERPRINT_IMPOSSIBLE with the reason, and what the source throws */
export async function readNorms(base: JoinedBase, trunkBlocks: number): Promise<Norm[]> {
  const { file } = base;
  const norms = file.tensors
    .filter(({ name }) => isNorm(name, trunkBlocks))
    .sort((x, y) => byName(x.name, y.name));
  // Hashing only those in F32 would give another fingerprint than the same base has elsewhere.
  for (const { name, type } of norms)
    if (type !== "F32")
      throw impossible(file, `has ${quote(name)} as ${type}; norms must be F32, as llama.cpp keeps them`);
  assertNormSizes(file, norms);
  return readAll(
    norms.map((norm) => async () => ({
      name: norm.name,
      data: await readTensorData(base.sourceOf(norm), norm),
    })),
  );
}

/** @throws LoraError FINGERPRINT_IMPOSSIBLE where there are none, or too many bytes */
export function assertNormSizes(
  file: { readonly name: string },
  norms: readonly { readonly name: string; readonly sizeBytes: number }[],
): void {
  if (norms.length === 0)
    throw impossible(file, "has no norm weights, and by them alone two versions of a base are told apart");
  let totalBytes = 0;
  for (const { name, sizeBytes } of norms) {
    if (sizeBytes > MAX_NORM_BYTES)
      throw impossible(
        file,
        `has ${sizeBytes} bytes in ${quote(name)}; at most ${MAX_NORM_BYTES} make a norm`,
      );
    totalBytes += sizeBytes;
  }
  if (totalBytes > MAX_NORMS_BYTES)
    throw impossible(file, `has ${totalBytes} bytes of norms; at most ${MAX_NORMS_BYTES} are read`);
}

/** Several reads at a time, in the order of the list. */
export async function readAll(reads: readonly (() => Promise<Norm>)[]): Promise<Norm[]> {
  const norms: Norm[] = [];
  for (let i = 0; i < reads.length; i += READS_AT_ONCE)
    norms.push(...(await Promise.all(reads.slice(i, i + READS_AT_ONCE).map((read) => read()))));
  return norms;
}
