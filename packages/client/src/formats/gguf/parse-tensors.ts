// SPDX-License-Identifier: Apache-2.0
/** Tensor infos: names, shapes, types, and where the data lies. */
import { quote } from "../../names.ts";
import type { HeaderCursor } from "./cursor.ts";
import type { GgufTensorInfo } from "./header.ts";
import { MAX_SAFE_VALUE, MAX_TENSOR_DIMS, MAX_TENSOR_NAME_BYTES } from "./limits.ts";
import { TENSOR_TYPES, tensorSizeBytes, tensorTypeOf } from "./tensor-types.ts";

/** Its `offset` counts from the first data byte until `placeTensors` makes it absolute. */
type MutableTensorInfo = { -readonly [Key in keyof GgufTensorInfo]: GgufTensorInfo[Key] };

export function* parseTensorInfos(
  cursor: HeaderCursor,
  count: number,
): Generator<void, MutableTensorInfo[], void> {
  const infos: MutableTensorInfo[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i += 1) {
    while (cursor.lacks(8, "its tensor infos")) yield;
    const lengthBytes = cursor.u64("a length of a tensor name");
    if (lengthBytes === 0) throw cursor.invalid("has a tensor without a name");
    if (lengthBytes > MAX_TENSOR_NAME_BYTES)
      throw cursor.limit(
        `has a tensor name of ${lengthBytes} bytes; at most ${MAX_TENSOR_NAME_BYTES} are allowed`,
      );
    while (cursor.lacks(lengthBytes + 4, "its tensor infos")) yield;
    const name = cursor.name(lengthBytes, "a tensor name");
    if (names.has(name)) throw cursor.invalid(`has the tensor ${quote(name)} twice`);
    names.add(name);
    const dimCount = cursor.u32();
    if (dimCount > MAX_TENSOR_DIMS)
      throw cursor.limit(
        `has ${dimCount} dimensions in ${quote(name)}; at most ${MAX_TENSOR_DIMS} are allowed`,
      );
    if (dimCount === 0) throw cursor.invalid(`has no dimensions in ${quote(name)}`);
    while (cursor.lacks(8 * dimCount + 12, "its tensor infos")) yield;
    infos.push(parseTensorShape(cursor, name, dimCount));
  }
  return infos;
}

function parseTensorShape(cursor: HeaderCursor, name: string, dimCount: number): MutableTensorInfo {
  const dims = new Array<number>(dimCount).fill(1);
  let elements = 1;
  for (let i = 0; i < dimCount; i += 1) {
    const dim = cursor.u64("a dimension", name);
    if (dim === 0) throw cursor.invalid(`has a dimension of 0 in ${quote(name)}`);
    // Two factors below 2^53 make at most a double near 2^106: too large is seen as too large.
    elements *= dim;
    if (elements > MAX_SAFE_VALUE) throw cursor.limit(`has more than 2^53 - 1 elements in ${quote(name)}`);
    dims[i] = dim;
  }
  const typeId = cursor.u32();
  const type = tensorTypeOf(typeId);
  if (type === undefined)
    throw cursor.invalid(
      `has the tensor type ${typeId} in ${quote(name)}, which is unknown or was removed from GGUF`,
    );
  const { blockElements } = TENSOR_TYPES[type];
  if ((dims[0] ?? 0) % blockElements !== 0)
    throw cursor.invalid(
      `has rows of ${dims[0]} elements in ${quote(name)}; ${type} needs a multiple of ${blockElements}`,
    );
  const sizeBytes = tensorSizeBytes(type, elements);
  if (sizeBytes > MAX_SAFE_VALUE) throw cursor.limit(`has more than 2^53 - 1 bytes in ${quote(name)}`);
  return { name, dims, type, offset: cursor.u64("an offset", name), sizeBytes };
}

/** Checks that the data lies one after another, padded, inside the file, and makes the offsets absolute. */
export function placeTensors(
  cursor: HeaderCursor,
  tensors: readonly MutableTensorInfo[],
  file: { sizeBytes: number; headerBytes: number; alignment: number; endsWithData: boolean },
): void {
  const pad = (n: number) => Math.ceil(n / file.alignment) * file.alignment;
  const dataOffset = pad(file.headerBytes);
  let end = dataOffset;
  for (const tensor of tensors) {
    const start = pad(end);
    if (tensor.offset !== start - dataOffset)
      throw cursor.invalid(
        `has ${quote(tensor.name)} at data offset ${tensor.offset}; after the tensors before it, it must be ${start - dataOffset}`,
      );
    end = start + tensor.sizeBytes;
    if (end > file.sizeBytes)
      throw cursor.invalid(
        `is cut off: it has ${file.sizeBytes} bytes, and ${quote(tensor.name)} ends at byte ${end}`,
      );
    tensor.offset = start;
  }
  if (file.endsWithData && tensors.length > 0 && pad(end) !== file.sizeBytes)
    throw cursor.invalid(`has ${file.sizeBytes} bytes, but its padded data ends at byte ${pad(end)}`);
}
