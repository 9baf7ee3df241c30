// SPDX-License-Identifier: Apache-2.0
/**
 * Adding adapters to a base's tensor, row by row: `W += scale · alpha / rank · B · A`. A row of W is the first dimension
 * of the file; what an adapter adds to it are its rank directions, each as strong as the row's coefficient says.
 */
import type { ByteSource } from "../byte-source/index.ts";
import { LoraError } from "../errors.ts";
import {
  type AdapterTensor,
  dequantize,
  isFloatType,
  isTokenEmbedding,
  readTensorData,
} from "../formats/gguf/index.ts";

export interface PairToApply {
  tensor: AdapterTensor;
  source: ByteSource;
  /** alpha / rank and the user's scale, multiplied. */
  factor: number;
}

/** One pair, ready to be added to any row. */
export interface RowDelta {
  rank: number;
  rowLength: number;
  /** `[rows][rank]`, with the factor. */
  coefficients: Float32Array;
  /** `[planes][rank][rowLength]`: experts have each their own. */
  directions: Float32Array;
  rowsPerPlane: number;
}

export async function readRowDelta({ tensor, source, factor }: PairToApply): Promise<RowDelta> {
  const { rank, inFeatures, outFeatures } = tensor;
  const a = await readFloats(source, tensor.a);
  const b = await readFloats(source, tensor.b);
  // A row of an embedding belongs to a token, so the two change places.
  const flipped = isTokenEmbedding(tensor.base);
  const coefficients = flipped ? a : b;
  for (let i = 0; i < coefficients.length; i += 1) coefficients[i] = (coefficients[i] ?? 0) * factor;
  return flipped
    ? { rank, rowLength: outFeatures, coefficients, directions: transpose(b, rank), rowsPerPlane: inFeatures }
    : { rank, rowLength: inFeatures, coefficients, directions: a, rowsPerPlane: outFeatures };
}

/** @param rows whole rows of the base's tensor, from `firstRow` on; changed in place */
export function addToRows(rows: Float32Array, firstRow: number, delta: RowDelta): void {
  const { rank, rowLength, coefficients, directions, rowsPerPlane } = delta;
  for (let at = 0, row = firstRow; at < rows.length; at += rowLength, row += 1) {
    const plane = Math.floor(row / rowsPerPlane) * rank * rowLength;
    for (let r = 0; r < rank; r += 1) {
      const coefficient = coefficients[row * rank + r] ?? 0;
      if (coefficient === 0) continue;
      const direction = plane + r * rowLength;
      for (let i = 0; i < rowLength; i += 1)
        rows[at + i] = (rows[at + i] ?? 0) + coefficient * (directions[direction + i] ?? 0);
    }
  }
}

function transpose(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      out[column * rows + row] = values[row * columns + column] ?? 0;
  return out;
}

async function readFloats(source: ByteSource, info: AdapterTensor["a"]): Promise<Float32Array> {
  if (!isFloatType(info.type)) throw new LoraError("ADAPTER_INVALID", `${source.name} has ${info.type} data`);
  return dequantize(info.type, await readTensorData(source, info));
}
