// SPDX-License-Identifier: Apache-2.0
/**
 * Whether two bases are one that was saved in two precisions. Evidence for it is that all norms of one side lie on the
 * grid of a coarser type, F16 or BF16, and each is the number of the other side rounded to that grid:
 *
 *     |x - y| <= half the distance of y to its neighbour on the grid
 *
 * Training leaves other traces. It moves norms by whole steps of the grid that they are saved on, so two versions of a
 * base in one precision differ by at least one step, which is more than half of one; and of the two in different
 * precisions the finer one is moved by more than rounding does. A training that moves every norm by less than half a
 * step cannot be told from rounding: that is why a person decides, and not this function.
 */
import { floatToHalf, halfToFloat } from "../formats/gguf/float16.ts";
import type { BaseRecord } from "./base-record.ts";
import type { Norm } from "./components.ts";

export type Grid = "F16" | "BF16";

export interface NormComparison {
  /**
   * `equal`: they have the same norms. `rounded`: those of `coarser` are those of the other, rounded to `grid`.
   * `different`: they are two versions, or were not compared because something else differs, which `reason` says.
   */
  readonly verdict: "equal" | "rounded" | "different";
  readonly reason: string;
  readonly coarser?: "first" | "second";
  readonly grid?: Grid;
  /** How many numbers were compared, and how many of them differ. */
  readonly values: number;
  readonly differing: number;
  /** The largest distance of two numbers. */
  readonly largestDifference: number;
}

export interface NormsOfBase {
  readonly record: BaseRecord;
  readonly norms: readonly Norm[];
}

export function compareNorms(first: NormsOfBase, second: NormsOfBase): NormComparison {
  const reason = differenceBesides(first, second);
  if (reason !== undefined)
    return { verdict: "different", reason, values: 0, differing: 0, largestDifference: 0 };
  const x = numbersOf(first.norms);
  const y = numbersOf(second.norms);
  let differing = 0;
  let largestDifference = 0;
  for (const [i, value] of x.entries()) {
    const difference = Math.abs(value - (y[i] ?? Number.NaN));
    if (difference === 0) continue;
    differing += 1;
    // What is no number is never within rounding.
    largestDifference = Math.max(
      largestDifference,
      Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference,
    );
  }
  const counts = { values: x.length, differing, largestDifference };
  if (differing === 0) return { verdict: "equal", reason: "they have the same norms", ...counts };
  for (const grid of ["F16", "BF16"] as const) {
    if (isRounded(x, y, grid))
      return {
        verdict: "rounded",
        reason: `the second's norms are the first's, rounded to ${grid}`,
        coarser: "second",
        grid,
        ...counts,
      };
    if (isRounded(y, x, grid))
      return {
        verdict: "rounded",
        reason: `the first's norms are the second's, rounded to ${grid}`,
        coarser: "first",
        grid,
        ...counts,
      };
  }
  return { verdict: "different", reason: "their norms differ by more than rounding does", ...counts };
}

function differenceBesides(first: NormsOfBase, second: NormsOfBase): string | undefined {
  const [x, y] = [first.record.components, second.record.components];
  if (x.structure !== y.structure) return "their tensors have other shapes";
  if (x.tokenizer !== y.tokenizer) return "they have other tokens";
  const names = (norms: readonly Norm[]) => norms.map(({ name, data }) => `${name} ${data.length}`).join();
  return names(first.norms) === names(second.norms) ? undefined : "they have other norms";
}

function numbersOf(norms: readonly Norm[]): Float64Array {
  const numbers = new Float64Array(norms.reduce((sum, { data }) => sum + data.length / 4, 0));
  let at = 0;
  for (const { data } of norms) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (let i = 0; i < data.length; i += 4) {
      numbers[at] = view.getFloat32(i, true);
      at += 1;
    }
  }
  return numbers;
}

function isRounded(fine: Float64Array, coarse: Float64Array, grid: Grid): boolean {
  return coarse.every((value, i) => {
    const original = fine[i] ?? Number.NaN;
    if (!isOnGrid(value, grid)) return false;
    return value === original || Math.abs(original - value) <= halfStep(value, grid);
  });
}

function isOnGrid(value: number, grid: Grid): boolean {
  if (!Number.isFinite(value)) return false;
  if (grid === "F16") return halfToFloat(floatToHalf(value)) === value;
  scratch.setFloat32(0, value);
  return (scratch.getUint32(0) & 0xffff) === 0;
}

const scratch = new DataView(new ArrayBuffer(4));

/** Half the distance to the next number of the grid away from zero. */
function halfStep(value: number, grid: Grid): number {
  const [fractionBits, smallestExponent] = grid === "F16" ? [10, -14] : [7, -126];
  const exponent = value === 0 ? smallestExponent : Math.floor(Math.log2(Math.abs(value)));
  return 2 ** (Math.max(exponent, smallestExponent) - fractionBits - 1);
}
