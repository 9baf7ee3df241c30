// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../byte-source/index.ts";
import { LoraError } from "../errors.ts";
import {
  type AdapterTensor,
  dequantize,
  type GgufTensorInfo,
  isFloatType,
  isTokenEmbedding,
  readAdapter,
  readTensorData,
} from "../formats/gguf/index.ts";
import { quote } from "../names.ts";
import { type AdapterDeltas, type Delta, inNaturalOrder, rowsOf } from "./delta.ts";

/**
 * @param source stays open as long as tensors are read
 * @throws LoraError as `readAdapter`
 */
export async function readGgufDeltas(source: ByteSource): Promise<AdapterDeltas> {
  const { architecture, rank, alpha, targets, tensors } = await readAdapter(source, { mixedRanks: true });
  return {
    naming: "gguf",
    architecture,
    rank,
    alpha,
    targets,
    tensors: inNaturalOrder(
      tensors.map((tensor) => ({
        name: tensor.base,
        rank: tensor.rank,
        inFeatures: tensor.inFeatures,
        outFeatures: tensor.outFeatures,
        experts: tensor.experts,
        read: () => readDeltas(source, tensor, alpha / tensor.rank),
      })),
    ),
  };
}

async function readDeltas(source: ByteSource, tensor: AdapterTensor, factor: number): Promise<Delta[]> {
  const { rank, inFeatures, outFeatures, experts } = tensor;
  const [a, b] = [await readFloats(source, tensor.a), await readFloats(source, tensor.b)];
  const rows = (values: Float32Array, info: GgufTensorInfo, layout: Parameters<typeof rowsOf>[1]) => {
    const found = rowsOf(values, layout);
    if (found !== undefined) return found;
    throw new LoraError(
      "ADAPTER_INVALID",
      `${source.name} has a value that is no number in ${quote(info.name)}`,
      {
        details: { file: source.name, tensor: info.name },
      },
    );
  };
  return Array.from({ length: experts }, (_, expert) => ({
    a: rows(a, tensor.a, {
      start: expert * rank * inFeatures,
      count: rank,
      length: inFeatures,
      turned: isTokenEmbedding(tensor.base),
      factor: 1,
    }),
    b: rows(b, tensor.b, {
      start: expert * rank * outFeatures,
      count: rank,
      length: outFeatures,
      turned: true,
      factor,
    }),
  }));
}

async function readFloats(source: ByteSource, info: GgufTensorInfo): Promise<Float32Array> {
  if (!isFloatType(info.type)) throw new LoraError("ADAPTER_INVALID", `${quote(info.name)} is ${info.type}`);
  return dequantize(info.type, await readTensorData(source, info));
}
