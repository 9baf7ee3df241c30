// SPDX-License-Identifier: Apache-2.0
/**
 * One adapter for llama.cpp as PEFT has it, for runtimes that take only that (vLLM): the way of `convert/`, backwards.
 *
 *     adapter_config.json            {"peft_type":"LORA","r":12,"lora_alpha":12,"target_modules":["q_proj"],…}
 *     adapter_model.safetensors      base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight [12, in], F32, …
 *
 * PEFT scales by lora_alpha / r. Both are the file's highest rank here, so the scale is 1, and what llama.cpp would scale
 * by (alpha / the tensor's own rank, times the scale in the stack) is in B. Tensors of lower rank are filled with zeros,
 * which is exact.
 */

import type { ByteSource } from "../byte-source/index.ts";
import { isArchitecture, rulesOf } from "../convert/architectures.ts";
import { arrange, separatedRow } from "../convert/tensor-layout.ts";
import { moduleOf } from "../convert/tensor-names.ts";
import { LoraError } from "../errors.ts";
import type { BaseRecord } from "../fingerprint/index.ts";
import {
  type Adapter,
  type AdapterTensor,
  dequantize,
  type GgufTensorInfo,
  isFloatType,
  readTensorData,
} from "../formats/gguf/index.ts";
import type { SafetensorsContent } from "../formats/safetensors/index.ts";

export interface PeftDirectory {
  config: Record<string, unknown>;
  weights: SafetensorsContent;
}

type PeftTensor = SafetensorsContent["tensors"][number];

/**
 * @param adapter read from `source`; tensors may differ in rank
 * @param baseName as a person or a hub knows the base: PEFT keeps no other identity of it
 * @throws LoraError PEFT_UNSUPPORTED for an architecture or a tensor that has no place in PEFT's names
 */
export async function exportPeft(
  source: ByteSource,
  adapter: Adapter,
  { scale, record, baseName }: { scale: number; record: BaseRecord; baseName: string },
): Promise<PeftDirectory> {
  const { architecture, rank, alpha } = adapter;
  if (!isArchitecture(architecture)) {
    throw new LoraError("PEFT_UNSUPPORTED", `adapters of ${architecture} cannot be written as PEFT yet`);
  }
  const { interleaved } = rulesOf(architecture);
  const tensors: PeftTensor[] = [];
  const modules = new Set<string>();
  for (const pair of adapter.tensors) {
    const { module, kind } = moduleOf(pair.base, architecture);
    modules.add(module.slice(module.lastIndexOf(".") + 1));
    const heads = headsOf(interleaved[kind], pair, record);
    const strength = scale * (alpha === 0 ? 1 : alpha / pair.rank);
    const a = await readFloats(source, pair.a);
    const b = (await readFloats(source, pair.b)).map((value) => value * strength);
    tensors.push(
      floatTensor(`${module}.lora_A.weight`, a, {
        rows: pair.rank,
        columns: pair.inFeatures,
        toRows: rank,
        toColumns: pair.inFeatures,
      }),
      floatTensor(`${module}.lora_B.weight`, b, {
        rows: pair.outFeatures,
        columns: pair.rank,
        toRows: pair.outFeatures,
        toColumns: rank,
        sourceRow: heads === undefined ? undefined : separatedRow(pair.outFeatures / heads),
      }),
    );
  }
  const config = {
    base_model_name_or_path: baseName,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    lora_alpha: rank,
    lora_dropout: 0,
    peft_type: "LORA",
    r: rank,
    target_modules: [...modules].sort(),
    task_type: "CAUSAL_LM",
  };
  return { config, weights: { metadata: { format: "pt" }, tensors } };
}

/** How many heads share the rows of B; undefined where llama.cpp keeps PEFT's order. */
function headsOf(
  kind: "query" | "key" | undefined,
  pair: AdapterTensor,
  record: BaseRecord,
): number | undefined {
  if (kind === undefined) return undefined;
  const counts = kind === "query" ? record.headCount : record.headCountKv;
  const block = Number(/^blk\.(\d+)\./.exec(pair.base)?.[1] ?? 0);
  return counts.length === 1 ? counts[0] : counts[block];
}

async function readFloats(source: ByteSource, tensor: GgufTensorInfo): Promise<Float32Array> {
  if (!isFloatType(tensor.type)) throw new TypeError(`the validator let ${tensor.type} into an adapter`);
  return dequantize(tensor.type, await readTensorData(source, tensor));
}

function floatTensor(name: string, values: Float32Array, layout: Parameters<typeof arrange>[2]): PeftTensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return {
    name: `base_model.model.${name}`,
    dtype: "F32",
    shape: [layout.toRows, layout.toColumns],
    data: arrange(bytes, Float32Array.BYTES_PER_ELEMENT, layout),
  };
}
