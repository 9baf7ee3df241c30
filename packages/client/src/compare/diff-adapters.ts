// SPDX-License-Identifier: Apache-2.0
/**
 * How far two adapters are from one another, tensor by tensor, in the Frobenius norm of what they add to the base:
 *
 *     ‖Δ₁ - Δ₂‖ = ‖ (B₁ - B₂) · A₁  +  B₂ · (A₁ - A₂) ‖                     s in B
 *     ‖ D · E ‖² = Σᵢⱼ (DᵀD)ᵢⱼ (E Eᵀ)ᵢⱼ        D = [ B₁ - B₂ | B₂ ], E = [ A₁ ; A₁ - A₂ ]
 *
 * DᵀD and E Eᵀ are small, and where the factors are nearly the same their difference is small before it is squared:
 * the result is then as exact as the weights, not as the square root of a double's precision.
 */
import { LoraError } from "../errors.ts";
import { readCompact } from "./compact.ts";
import type { AdapterDeltas, Delta, DeltaTensor } from "./delta.ts";
import { gram, innerProduct, type Rows } from "./gram.ts";

/** Norms closer than this, of the larger one, are those of two roundings of one adapter to single precision. */
export const ROUNDING = 1e-6;

export interface TensorDiff {
  name: string;
  ranks: readonly [number, number];
  /** Frobenius norms of both effective deltas. */
  norms: readonly [number, number];
  /** Norm of the difference. */
  absolute: number;
  /** The same, of the larger of both norms: 0 equal, 1.41 unrelated, 2 opposite. */
  relative: number;
}

export interface AdapterDiff {
  /** Every tensor that both have in one shape. */
  tensors: readonly TensorDiff[];
  onlyFirst: readonly string[];
  onlySecond: readonly string[];
  /** In both, but of another shape or number of experts. */
  reshaped: readonly string[];
  /** Over all of `tensors`. */
  total: Pick<TensorDiff, "norms" | "absolute" | "relative">;
  /** Whether both do the same: `rounding` where they differ by no more than single precision rounds. */
  effect: "same" | "rounding" | "different";
}

/**
 * @throws LoraError USAGE for adapters whose tensors have names of two kinds; ADAPTER_INVALID for numbers too large;
 *   RANK_TOO_HIGH; what `DeltaTensor.read` throws
 */
export async function diffAdapters(first: AdapterDeltas, second: AdapterDeltas): Promise<AdapterDiff> {
  if (first.naming !== second.naming)
    throw new LoraError("USAGE", "a GGUF file and what PEFT saved name and order their tensors differently", {
      hint: "name the base that both were made for: --base FILE",
    });
  const partners = new Map(second.tensors.map((tensor) => [tensor.name, tensor]));
  const names = new Set(first.tensors.map(({ name }) => name));
  const tensors: TensorDiff[] = [];
  const reshaped: string[] = [];
  for (const tensor of first.tensors) {
    const partner = partners.get(tensor.name);
    if (partner === undefined) continue;
    if (shapeOf(partner) === shapeOf(tensor)) tensors.push(await diffTensor(tensor, partner));
    else reshaped.push(tensor.name);
  }
  const onlyFirst = first.tensors.filter(({ name }) => !partners.has(name)).map(({ name }) => name);
  const onlySecond = second.tensors.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  const root = (squares: readonly number[]) => Math.sqrt(squares.reduce((sum, x) => sum + x * x, 0));
  const total = summary(
    [root(tensors.map(({ norms }) => norms[0])), root(tensors.map(({ norms }) => norms[1]))],
    root(tensors.map(({ absolute }) => absolute)),
  );
  const isWhole = onlyFirst.length + onlySecond.length + reshaped.length === 0;
  const worst = tensors.reduce((most, { relative }) => Math.max(most, relative), 0);
  const effect = !isWhole || worst > ROUNDING ? "different" : worst > 0 ? "rounding" : "same";
  return { tensors, onlyFirst, onlySecond, reshaped, total, effect };
}

async function diffTensor(first: DeltaTensor, second: DeltaTensor): Promise<TensorDiff> {
  const [ones, twos] = [await readCompact(first), await readCompact(second)];
  const squares = [0, 0, 0] as [number, number, number];
  for (const [i, one] of ones.entries()) {
    const two = twos[i] as Delta;
    squares[0] += squareOf(one.a, one.b);
    squares[1] += squareOf(two.a, two.b);
    squares[2] += squareOfDifference(one, two);
  }
  if (!squares.every(Number.isFinite))
    throw new LoraError("ADAPTER_INVALID", `the numbers of ${first.name} are too large to be compared`);
  // Rounding may leave a square below zero.
  const [x, y, distance] = squares.map((square) => Math.sqrt(Math.max(0, square))) as [
    number,
    number,
    number,
  ];
  return { name: first.name, ranks: [first.rank, second.rank], ...summary([x, y], distance) };
}

function summary(norms: readonly [number, number], absolute: number) {
  return { norms, absolute, relative: absolute === 0 ? 0 : absolute / Math.max(...norms) };
}

function squareOf(a: Rows, b: Rows): number {
  return innerProduct(gram(b, b), gram(a, a));
}

function squareOfDifference(one: Delta, two: Delta): number {
  const rank = Math.max(one.a.count, two.a.count);
  const [a1, b1, a2, b2] = [one.a, one.b, two.a, two.b].map((rows) => padded(rows, rank)) as [
    Rows,
    Rows,
    Rows,
    Rows,
  ];
  return squareOf(stacked(a1, minus(a1, a2)), stacked(minus(b1, b2), b2));
}

/** Rows of zeros change no product. */
function padded(rows: Rows, count: number): Rows {
  if (rows.count === count) return rows;
  const data = new Float64Array(count * rows.length);
  data.set(rows.data);
  return { data, count, length: rows.length };
}

function minus(x: Rows, y: Rows): Rows {
  return { ...x, data: x.data.map((value, i) => value - (y.data[i] as number)) };
}

function stacked(x: Rows, y: Rows): Rows {
  const data = new Float64Array(x.data.length + y.data.length);
  data.set(x.data);
  data.set(y.data, x.data.length);
  return { data, count: x.count + y.count, length: x.length };
}

function shapeOf({ inFeatures, outFeatures, experts }: DeltaTensor): string {
  return `${inFeatures} ${outFeatures} ${experts}`;
}
