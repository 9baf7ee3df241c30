// SPDX-License-Identifier: Apache-2.0
/**
 * The best product of a lower rank: the singular value decomposition of B · A, cut off. It is never formed where the
 * rank is the smallest of its sides: with B = Q₁R₁ and Aᵀ = Q₂R₂ the small R₁R₂ᵀ has the same singular values.
 */
import { Matrix, QrDecomposition, SingularValueDecomposition } from "ml-matrix";

export interface Truncation {
  /** Squared Frobenius norm of what was cut off, and of the whole. */
  lostSquare: number;
  wholeSquare: number;
}

export interface PairShape {
  wholeRank: number;
  rank: number;
  inFeatures: number;
  outFeatures: number;
  /** Whether a is `[rank, in]` as token embeddings have it. */
  flipped: boolean;
}

/** @param a, b in the order of the file; b with its scale */
export function truncatePair(
  a: Float32Array,
  b: Float32Array,
  shape: PairShape,
): { a: Float32Array; b: Float32Array; truncation: Truncation } {
  const { wholeRank, rank, inFeatures, outFeatures, flipped } = shape;
  const matrixB = matrixOf(b, outFeatures, wholeRank);
  // inFeatures × wholeRank
  const transposedA = flipped
    ? matrixOf(a, inFeatures, wholeRank)
    : matrixOf(a, wholeRank, inFeatures).transpose();
  const { left, values, right } = decompose(matrixB, transposedA);
  const outB = new Float32Array(rank * outFeatures);
  const outA = new Float32Array(rank * inFeatures);
  for (let k = 0; k < Math.min(rank, values.length); k += 1) {
    const root = Math.sqrt(values[k] ?? 0);
    for (let row = 0; row < outFeatures; row += 1) outB[row * rank + k] = root * left.get(row, k);
    for (let i = 0; i < inFeatures; i += 1)
      outA[flipped ? i * rank + k : k * inFeatures + i] = root * right.get(i, k);
  }
  const squares = values.map((value) => value * value);
  const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0);
  return {
    a: outA,
    b: outB,
    truncation: { lostSquare: sum(squares.slice(rank)), wholeSquare: sum(squares) },
  };
}

/** Singular vectors as columns, values from the largest on. */
function decompose(b: Matrix, transposedA: Matrix): { left: Matrix; values: number[]; right: Matrix } {
  if (b.columns > Math.min(b.rows, transposedA.rows)) {
    const svd = new SingularValueDecomposition(b.mmul(transposedA.transpose()), { autoTranspose: true });
    return { left: svd.leftSingularVectors, values: svd.diagonal, right: svd.rightSingularVectors };
  }
  const one = new QrDecomposition(b);
  const two = new QrDecomposition(transposedA);
  const core = one.upperTriangularMatrix.mmul(two.upperTriangularMatrix.transpose());
  const svd = new SingularValueDecomposition(core);
  return {
    left: one.orthogonalMatrix.mmul(svd.leftSingularVectors),
    values: svd.diagonal,
    right: two.orthogonalMatrix.mmul(svd.rightSingularVectors),
  };
}

function matrixOf(values: Float32Array, rows: number, columns: number): Matrix {
  const matrix = new Matrix(rows, columns);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      matrix.set(row, column, values[row * columns + column] ?? 0);
  return matrix;
}
