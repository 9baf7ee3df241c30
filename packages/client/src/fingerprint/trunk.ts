// SPDX-License-Identifier: Apache-2.0
/**
 * Which tensors of a base say which base it is. The trunk is what every build of a base has: blocks for
 * multi-token prediction, which converters keep or drop, come behind it and hold tensors named `blk.<n>.nextn.…`.
 */
const WEIGHT_IN_BLOCK = /^blk\.(?:0|[1-9]\d*)\.(?!rope_).*\.weight$/;
const NORM = /norm.*\.weight$/;
const NEXTN = ".nextn.";

/** `blk.12.attn_q.weight` → 12; undefined where the tensor belongs to no block. */
function blockOf(name: string): number | undefined {
  if (!name.startsWith("blk.")) return undefined;
  const number = name.slice(4, name.indexOf(".", 4));
  return /^(?:0|[1-9]\d*)$/.test(number) ? Number(number) : undefined;
}

/** The number of blocks in the trunk: those before the first block for multi-token prediction. */
export function countTrunkBlocks(tensorNames: Iterable<string>): number {
  let blocks = 0;
  let firstNextn = Number.POSITIVE_INFINITY;
  for (const name of tensorNames) {
    const block = blockOf(name);
    if (block === undefined) continue;
    blocks = Math.max(blocks, block + 1);
    if (name.startsWith(NEXTN, name.indexOf(".", 4))) firstNextn = Math.min(firstNextn, block);
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
  const block = blockOf(name);
  return block === undefined || block < trunkBlocks;
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
