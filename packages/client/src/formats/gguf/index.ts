// SPDX-License-Identifier: Apache-2.0
export { type Adapter, type ReadAdapterOptions, readAdapter } from "./adapter.ts";
export { adapterKeyType } from "./adapter-metadata.ts";
export { type AdapterTensor, isTokenEmbedding } from "./adapter-tensors.ts";
export {
  encodeGguf,
  encodeGgufChunks,
  f32Value,
  type GgufContent,
  type GgufTensor,
  stringArrayValue,
  stringValue,
  u32ArrayValue,
  u32Value,
} from "./encode.ts";
export { encodeTensorData } from "./encode-data.ts";
export { quantizationOf } from "./file-types.ts";
export { assertAdapterFitsBase } from "./fit.ts";
export type { GgufHeader, GgufTensorInfo, GgufValue } from "./header.ts";
export { ADAPTER_LIMITS, BASE_LIMITS, type GgufLimits } from "./limits.ts";
export {
  elementsOf,
  type GgufElement,
  getFloat,
  getString,
  getUint,
  getUints,
  rawStringsOf,
} from "./metadata.ts";
export { type GgufFile, type ReadGgufOptions, readGguf } from "./read.ts";
export {
  dequantize,
  FLOAT_TYPES,
  type FloatType,
  isFloatType,
  readTensorData,
} from "./tensor-data.ts";
export { TENSOR_TYPES, type TensorType, tensorSizeBytes } from "./tensor-types.ts";
export { type AdapterContent, adapterContent, writeAdapter } from "./write-adapter.ts";
export { type AdapterStream, streamAdapter } from "./write-adapter-stream.ts";
