// SPDX-License-Identifier: Apache-2.0
/**
 * The norms of a base as a file: safetensors of one-dimensional F32 tensors under llama.cpp's names. A fingerprint has only
 * their hash; whether two bases differ by rounding alone is seen in the numbers. Whoever gets the file checks it against
 * the lineage of the base's record, so it can come from anybody.
 */
import { bytesSource } from "../byte-source/index.ts";
import { LoraError } from "../errors.ts";
import { readSafetensors, readSafetensorsData, writeSafetensors } from "../formats/safetensors/index.ts";
import type { BaseRecord } from "./base-record.ts";
import { lineageDigest, type Norm } from "./components.ts";
import { assertNormSizes, MAX_NORMS_BYTES } from "./lineage.ts";
import { byName, isNorm } from "./trunk.ts";

/** The norms and the header: 200 bytes for each of thousands of norms. */
export const MAX_NORMS_FILE_BYTES = MAX_NORMS_BYTES + 1024 * 1024;

export function encodeNorms(norms: readonly Norm[]): Uint8Array {
  return writeSafetensors({
    tensors: norms.map(({ name, data }) => ({ name, dtype: "F32", shape: [data.length / 4], data })),
  });
}

/**
 * @param bytes at most `MAX_NORMS_FILE_BYTES`
 * @throws LoraError NORMS_MISMATCH where they are not those of the record, SAFETENSORS_INVALID, SAFETENSORS_LIMIT,
 *   JSON_INVALID, FINGERPRINT_IMPOSSIBLE where they are too large
 */
export async function readNormsFile(
  bytes: Uint8Array,
  { fingerprint, trunkBlocks, components }: BaseRecord,
): Promise<Norm[]> {
  const source = bytesSource(bytes, `the norms of ${fingerprint}`);
  const { tensors } = await readSafetensors(source);
  const norms: Norm[] = [];
  for (const tensor of [...tensors.values()].sort((x, y) => byName(x.name, y.name))) {
    if (tensor.dtype !== "F32" || tensor.shape.length !== 1 || !isNorm(tensor.name, trunkBlocks))
      throw mismatch(source.name, "has a tensor that is no norm of it");
    norms.push({ name: tensor.name, data: await readSafetensorsData(source, tensor) });
  }
  assertNormSizes(
    source,
    norms.map(({ name, data }) => ({ name, sizeBytes: data.length })),
  );
  if (lineageDigest(norms) !== components.lineage)
    throw mismatch(source.name, "are not those that its fingerprint was made of");
  return norms;
}

function mismatch(name: string, what: string): LoraError {
  return new LoraError("NORMS_MISMATCH", `${name} ${what}`);
}
