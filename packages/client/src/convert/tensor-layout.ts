// SPDX-License-Identifier: Apache-2.0
/** How the elements of one tensor move on their way from safetensors to GGUF. Both keep rows one after another. */
export interface TensorLayout {
  readonly rows: number;
  readonly columns: number;
  /** At least those of the source; what is more is zero. After transposing. */
  readonly toRows: number;
  readonly toColumns: number;
  /** Which row of the source comes to a row; undefined where all stay. */
  readonly sourceRow?: ((row: number) => number) | undefined;
  readonly transposed?: boolean;
}

/**
 * The order in which llama.cpp wants the rows of q and k: within each head, row j of the first half, row j of the
 * second half, for each j. `reshape(heads, 2, half, r).swap(1, 2)` in the words of its converter.
 *
 *     head of 4 rows: 0 1 2 3  →  0 2 1 3
 */
export function interleavedRow(rowsPerHead: number): (row: number) => number {
  const half = rowsPerHead / 2;
  return (row) => {
    const inHead = row % rowsPerHead;
    return row - inHead + (inHead % 2) * half + Math.floor(inHead / 2);
  };
}

/** Undoes `interleavedRow`. */
export function separatedRow(rowsPerHead: number): (row: number) => number {
  const half = rowsPerHead / 2;
  return (row) => {
    const inHead = row % rowsPerHead;
    return row - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
  };
}

function staysInPlace({ rows, columns, toRows, toColumns, sourceRow, transposed }: TensorLayout): boolean {
  return !transposed && sourceRow === undefined && rows === toRows && columns === toColumns;
}

/** The elements in their new places; the bytes that were given where none moves. */
export function arrange(source: Uint8Array, elementBytes: number, layout: TensorLayout): Uint8Array {
  if (staysInPlace(layout)) return source;
  const { rows, columns, toRows, toColumns, sourceRow, transposed } = layout;
  const target = new Uint8Array(toRows * toColumns * elementBytes);
  if (transposed) {
    for (let row = 0; row < rows; row += 1)
      for (let column = 0; column < columns; column += 1)
        for (let i = 0; i < elementBytes; i += 1)
          target[(column * toColumns + row) * elementBytes + i] =
            source[(row * columns + column) * elementBytes + i] ?? 0;
    return target;
  }
  const rowBytes = columns * elementBytes;
  const toRowBytes = toColumns * elementBytes;
  // Rows are short, a rank long: to copy them by four bytes is six times as fast as by `set`.
  const unit = (source.byteOffset | rowBytes | toRowBytes) % 4 === 0 ? 4 : 1;
  const [from, to] = [source, target].map((array) =>
    unit === 4 ? new Uint32Array(array.buffer, array.byteOffset, array.length >> 2) : array,
  ) as [Uint8Array | Uint32Array, Uint8Array | Uint32Array];
  const length = rowBytes / unit;
  for (let row = 0; row < rows; row += 1) {
    const start = (sourceRow?.(row) ?? row) * length;
    const toStart = (row * toRowBytes) / unit;
    for (let i = 0; i < length; i += 1) to[toStart + i] = from[start + i] ?? 0;
  }
  return target;
}
