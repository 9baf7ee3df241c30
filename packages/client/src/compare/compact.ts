// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import type { Delta, DeltaTensor } from "./delta.ts";
import type { Rows } from "./gram.ts";

/** Matrices of twice this rank on a side are made, and taken apart: seconds, and tens of megabytes. */
export const MAX_COMPARED_RANK = 1024;

/** Of one tensor, with all its experts: 2 GiB in memory. */
const MAX_NUMBERS = 2 ** 28;

/**
 * A tensor's numbers, each product with no more rank than its smaller side has: a file of a few kilobytes can claim a
 * rank of thousands between vectors of length one, and a sparse one any size.
 * @throws LoraError RANK_TOO_HIGH, ADAPTER_INVALID, and what `read` throws
 */
export async function readCompact(tensor: DeltaTensor): Promise<Delta[]> {
  const { name, rank, inFeatures, outFeatures, experts } = tensor;
  const numbers = rank * (inFeatures + outFeatures) * experts;
  if (numbers > MAX_NUMBERS)
    throw new LoraError(
      "ADAPTER_INVALID",
      `${name} has ${numbers} numbers; up to ${MAX_NUMBERS} can be compared`,
    );
  const lowest = Math.min(rank, inFeatures, outFeatures);
  if (lowest > MAX_COMPARED_RANK)
    throw new LoraError(
      "RANK_TOO_HIGH",
      `${name} has rank ${lowest}; up to ${MAX_COMPARED_RANK} can be compared`,
    );
  return (await tensor.read()).map((delta) => compact(delta, lowest));
}

function compact({ a, b }: Delta, lowest: number): Delta {
  if (a.count <= lowest) return { a, b };
  return a.length === lowest
    ? { a: identity(lowest), b: combine(a, b) }
    : { a: combine(b, a), b: identity(lowest) };
}

function identity(size: number): Rows {
  const data = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) data[i * size + i] = 1;
  return { data, count: size, length: size };
}

/** `xᵀ · y`, a row for each column of x. */
function combine(x: Rows, y: Rows): Rows {
  const data = new Float64Array(x.length * y.length);
  for (let k = 0; k < x.count; k += 1)
    for (let row = 0; row < x.length; row += 1) {
      const weight = x.data[k * x.length + row] as number;
      for (let i = 0; i < y.length; i += 1) {
        const at = row * y.length + i;
        data[at] = (data[at] as number) + weight * (y.data[k * y.length + i] as number);
      }
    }
  return { data, count: x.length, length: y.length };
}
