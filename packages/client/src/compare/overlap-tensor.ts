// SPDX-License-Identifier: Apache-2.0
/** How much two adapters write to the same directions in one tensor. */
import type { Matrix } from "ml-matrix";
import type { Delta } from "./delta.ts";
import { gram, innerProduct } from "./gram.ts";
import { principalCosines } from "./principal-angles.ts";

export interface TensorOverlap {
  tensor: string;
  /** The smallest principal angle between both column spaces of B, in degrees: 0 is a shared direction. */
  smallestAngle: number;
  /** Mean squared cosine of the principal angles: the share of the smaller space that lies in the larger one, 0 to 1. */
  shared: number;
  /** What spaces of these ranks share when they are chosen at random. */
  sharedByChance: number;
  /** As `shared`, each direction by the strength with which it is written: the cosine of `Δ₁Δ₁ᵀ` and `Δ₂Δ₂ᵀ`, 0 to 1. */
  alike: number;
  /** Cosine of both deltas: 1 they do the same, -1 one takes back what the other does, 0 neither. */
  cosine: number;
}

/** A delta with the products that every pair needs. */
export interface MeasuredDelta {
  readonly delta: Delta;
  readonly gramA: Matrix;
  readonly gramB: Matrix;
  /** ‖Δ‖² and ‖ΔΔᵀ‖². */
  readonly square: number;
  readonly spread: number;
}

export function measureDelta(delta: Delta): MeasuredDelta {
  const [gramA, gramB] = [gram(delta.a, delta.a), gram(delta.b, delta.b)];
  const product = gramA.mmul(gramB);
  return {
    delta,
    gramA,
    gramB,
    square: innerProduct(gramA, gramB),
    spread: innerProduct(product, product.transpose()),
  };
}

export interface PairSums {
  /** ⟨Δ₁, Δ₂⟩. */
  inner: number;
  overlap: Omit<TensorOverlap, "tensor">;
}

/** @param xs, ys of the same tensor, one for each expert */
export function overlapDeltas(xs: readonly MeasuredDelta[], ys: readonly MeasuredDelta[]): PairSums {
  const sums = { inner: 0, together: 0, x: 0, y: 0, spreadX: 0, spreadY: 0 };
  const cosines: number[] = [];
  let byChance = 0;
  for (const [i, x] of xs.entries()) {
    const y = ys[i] as MeasuredDelta;
    const crossB = gram(x.delta.b, y.delta.b);
    sums.inner += innerProduct(crossB, gram(x.delta.a, y.delta.a));
    // ‖Δ₁ᵀΔ₂‖², which is tr(Δ₁Δ₁ᵀ Δ₂Δ₂ᵀ).
    sums.together += innerProduct(x.gramA.mmul(crossB), crossB.mmul(y.gramA));
    sums.x += x.square;
    sums.y += y.square;
    sums.spreadX += x.spread;
    sums.spreadY += y.spread;
    cosines.push(...principalCosines(x.gramB, y.gramB, crossB));
    byChance += Math.min(1, Math.max(x.delta.b.count, y.delta.b.count) / x.delta.b.length) / xs.length;
  }
  const largest = Math.max(0, ...cosines);
  return {
    inner: sums.inner,
    overlap: {
      smallestAngle: (Math.acos(largest) * 180) / Math.PI,
      shared: cosines.length === 0 ? 0 : cosines.reduce((sum, c) => sum + c * c, 0) / cosines.length,
      sharedByChance: byChance,
      alike: ratio(sums.together, Math.sqrt(sums.spreadX) * Math.sqrt(sums.spreadY)),
      cosine: ratio(sums.inner, Math.sqrt(sums.x) * Math.sqrt(sums.y)),
    },
  };
}

/** What does nothing is like nothing. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
