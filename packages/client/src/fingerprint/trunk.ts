// SPDX-License-Identifier: Apache-2.0
/**
 * Which tensors of a base say which base it is. The trunk is what every build of a base has: blocks for
 * multi-token prediction, which converters keep or drop, come behind it and hold tensors named `blk.<n>.nextn.…`.
 */
const BLOCK = /^blk\.(0|[1-9]\d*)\./;
const NEXTN = /^blk\.(0|[1-9]\d*)\.nextn\./;
const WEIGHT_IN_BLOCK = /^blk\.(?:0|[1-9]\d*)\.(?!rope_)[^/]*\.weight$/;
const NORM = /norm[^/]*\.weight$/;

/** The number of blocks in the trunk: those before the first block for multi-token prediction. */
export function countTrunkBlocks(tensorNames: Iterable<string>): number {
  let blocks = 0;
  let firstNextn = Number.POSITIVE_INFINITY;
  for (const name of tensorNames) {
    const block = BLOCK.exec(name)?.[1];
    if (block === undefined) continue;
    blocks = Math.max(blocks, Number(block) + 1);
    if (NEXTN.test(name)) firstNextn = Math.min(firstNextn, Number(block));
  }
  return Math.min(blocks, firstNextn);
}

/** A weight of two or more dimensions in the trunk, none of the rope's. `dims` without trailing ones. */
export function isStructural(name: string, dims: readonly number[], trunkBlocks: number): boolean {
  return dims.length >= 2 && WEIGHT_IN_BLOCK.test(name) && isInTrunk(name, trunkBlocks);
}

/** A norm of the trunk, or one that belongs to no block (`output_norm.weight`). */
export function isNorm(name: string, trunkBlocks: number): boolean {
  return NORM.test(name) && isInTrunk(name, trunkBlocks);
}

function isInTrunk(name: string, trunkBlocks: number): boolean {
  const block = BLOCK.exec(name)?.[1];
  return block === undefined || Number(block) < trunkBlocks;
}

/** One number for all blocks says the same as that number once per block; converters write either. */
export function normaliseHeads(heads: readonly number[], trunkBlocks: number): number[] {
  const ofTrunk = heads.length > 1 ? heads.slice(0, trunkBlocks) : [...heads];
  return ofTrunk.every((count) => count === ofTrunk[0]) ? ofTrunk.slice(0, 1) : ofTrunk;
}

/** For `sort`: by UTF-16 code units, which for names of printable ASCII is byte order. */
export function byName(x: string, y: string): number {
  return x < y ? -1 : x > y ? 1 : 0;
}
