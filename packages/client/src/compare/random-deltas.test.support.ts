// SPDX-License-Identifier: Apache-2.0
/** For tests: adapters of given factors, and their effective deltas as full matrices. */
import { Matrix } from "ml-matrix";
import type { AdapterDeltas, Delta, DeltaTensor } from "./delta.ts";
import type { Rows } from "./gram.ts";

/** `b · a`, a [rank, in] and b [out, rank], one pair per expert. */
export interface Factors {
  a: Matrix;
  b: Matrix;
}

/** Numbers from -1 to 1, the same for the same seed. */
export function randomMatrix(seed: number, rows: number, columns: number): Matrix {
  let state = Math.imul(seed + 1, 0x9e3779b9) >>> 0;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 12)) >>> 8) / 2 ** 23 - 1;
  };
  return Matrix.from1DArray(
    rows,
    columns,
    Array.from({ length: rows * columns }, () => next()),
  );
}

export const randomFactors = (seed: number, out: number, rank: number, into: number): Factors => ({
  a: randomMatrix(seed, rank, into),
  b: randomMatrix(seed + 1000, out, rank),
});

export function adapterOf(tensors: Record<string, Factors | Factors[]>): AdapterDeltas {
  const list = Object.entries(tensors).map(([name, given]): DeltaTensor => {
    const experts = Array.isArray(given) ? given : [given];
    const [{ a, b }] = experts as [Factors];
    return {
      name,
      rank: a.rows,
      inFeatures: a.columns,
      outFeatures: b.rows,
      experts: experts.length,
      read: async () =>
        experts.map((factors): Delta => ({ a: rows(factors.a), b: rows(factors.b.transpose()) })),
    };
  });
  return {
    naming: "gguf",
    architecture: "llama",
    rank: Math.max(...list.map(({ rank }) => rank)),
    alpha: 1,
    targets: [],
    tensors: list,
  };
}

export const full = ({ a, b }: Factors): Matrix => b.mmul(a);

function rows(matrix: Matrix): Rows {
  return { data: Float64Array.from(matrix.to1DArray()), count: matrix.rows, length: matrix.columns };
}
