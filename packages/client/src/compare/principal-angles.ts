// SPDX-License-Identifier: Apache-2.0
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from "ml-matrix";

/** Directions weaker than this, of the strongest, are taken for rounding: of padding, or of a rank that is not used. */
const NEGLIGIBLE = 1e-5;

/**
 * Cosines of the principal angles between the column spaces of two matrices, from the largest on: 1 is a direction that
 * both have. As many as the smaller space has dimensions. Björck and Golub, 1973, on Gram matrices in place of QR.
 * @param x, y `XᵀX` and `YᵀY`
 * @param cross `XᵀY`
 */
export function principalCosines(x: Matrix, y: Matrix, cross: Matrix): number[] {
  const [one, two] = [whitening(x), whitening(y)];
  if (one.columns === 0 || two.columns === 0) return [];
  const between = one.transpose().mmul(cross).mmul(two);
  return new SingularValueDecomposition(between, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  }).diagonal.map((cosine) => Math.min(1, cosine));
}

/** W with `Wᵀ G W = 1`: the columns of X·W are an orthonormal basis of X's column space. */
function whitening(g: Matrix): Matrix {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(g, {
    assumeSymmetric: true,
  });
  const largest = Math.max(0, ...values);
  const kept = values.flatMap((value, i) => (value > largest * NEGLIGIBLE ** 2 && value > 0 ? [i] : []));
  const basis = new Matrix(g.rows, kept.length);
  for (const [column, i] of kept.entries())
    basis.setColumn(column, vectors.getColumnVector(i).mul(1 / Math.sqrt(values[i] as number)));
  return basis;
}
