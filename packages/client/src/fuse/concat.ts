// SPDX-License-Identifier: Apache-2.0
/** Matrices of the same height or width as one, in the order of tensor files: the first dimension is contiguous. */

/** `[width, ranksᵢ, planes]` → `[width, Σ ranks, planes]` */
export function concatRows(
  blocks: readonly Float32Array[],
  ranks: readonly number[],
  width: number,
  planes: number,
): Float32Array {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const whole = new Float32Array(width * total * planes);
  let at = 0;
  for (let plane = 0; plane < planes; plane += 1) {
    for (const [i, block] of blocks.entries()) {
      const length = width * (ranks[i] ?? 0);
      whole.set(block.subarray(plane * length, (plane + 1) * length), at);
      at += length;
    }
  }
  return whole;
}

/** `[ranksᵢ, height, …]` → `[Σ ranks, height, …]` */
export function concatColumns(blocks: readonly Float32Array[], ranks: readonly number[]): Float32Array {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const rows = (blocks[0]?.length ?? 0) / (ranks[0] ?? 1);
  const whole = new Float32Array(rows * total);
  let column = 0;
  for (const [i, block] of blocks.entries()) {
    const rank = ranks[i] ?? 0;
    for (let row = 0; row < rows; row += 1)
      whole.set(block.subarray(row * rank, (row + 1) * rank), row * total + column);
    column += rank;
  }
  return whole;
}
