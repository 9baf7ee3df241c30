// SPDX-License-Identifier: Apache-2.0
/**
 * Writing safetensors (the layout is in `header.ts`). The same tensors give the same bytes, whatever their order: they
 * are sorted by name, those of larger elements first, and the header is padded with spaces to a multiple of 8. Thus
 * every element lies where its size divides its offset, which other readers' memory maps like.
 */
import { DTYPE_BYTES, type Dtype, PREFIX_BYTES } from "./header.ts";

export interface SafetensorsContent {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: Dtype;
    readonly shape: readonly number[];
    readonly data: Uint8Array;
  }[];
}

const DATA_ALIGNMENT = 8;

/**
 * The file in pieces, so that no second copy of the data is made.
 * @throws TypeError for two tensors of one name, or where data and shape disagree: that is a bug of the caller
 */
export function* encodeSafetensorsChunks({ metadata, tensors }: SafetensorsContent): Generator<Uint8Array> {
  const sorted = [...tensors].sort(
    (x, y) => DTYPE_BYTES[y.dtype] - DTYPE_BYTES[x.dtype] || compare(x.name, y.name),
  );
  const names = new Set<string>();
  const entries: string[] = [];
  if (metadata !== undefined && Object.keys(metadata).length > 0) {
    const pairs = Object.entries(metadata).sort(([x], [y]) => compare(x, y));
    entries.push(`"__metadata__":${JSON.stringify(Object.fromEntries(pairs))}`);
  }
  let offset = 0;
  for (const { name, dtype, shape, data } of sorted) {
    if (names.has(name)) throw new TypeError(`two tensors are named ${name}`);
    names.add(name);
    const sizeBytes = shape.reduce((product, dim) => product * dim, DTYPE_BYTES[dtype]);
    if (data.length !== sizeBytes)
      throw new TypeError(`${name}: ${data.length} bytes for ${shape.join(" x ")} ${dtype}`);
    const tensor = { dtype, shape, data_offsets: [offset, offset + data.length] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(tensor)}`);
    offset += data.length;
  }
  const json = new TextEncoder().encode(`{${entries.join(",")}}`);
  const paddedBytes = Math.ceil(json.length / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  const head = new Uint8Array(PREFIX_BYTES + paddedBytes).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(paddedBytes), true);
  head.set(json, PREFIX_BYTES);
  yield head;
  for (const { data } of sorted) yield data;
}

/** The whole file in memory. Throws as `encodeSafetensorsChunks` does. */
export function writeSafetensors(content: SafetensorsContent): Uint8Array {
  const chunks = [...encodeSafetensorsChunks(content)];
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** By UTF-16 code units, the same everywhere. */
function compare(x: string, y: string): number {
  return x < y ? -1 : x > y ? 1 : 0;
}
