// SPDX-License-Identifier: Apache-2.0
import type { ByteSource } from "../byte-source/index.ts";
import {
  type Adapter,
  type AdapterContent,
  assertAdapterFitsBase,
  type FloatType,
  readAdapter,
  streamAdapter,
  TENSOR_TYPES,
  u32Value,
} from "../formats/gguf/index.ts";
import { readSafetensors } from "../formats/safetensors/index.ts";
import { quote } from "../names.ts";
import { rulesOf } from "./architectures.ts";
import { type ConversionBase, conversionBase, headsOfBlock, type PeftBase } from "./base.ts";
import type { TensorPlan } from "./convert-tensor.ts";
import { convertTensors } from "./convert-tensors.ts";
import { describeConversion } from "./describe.ts";
import { headerSource } from "./header-source.ts";
import { type PeftConfig, parsePeftConfig } from "./peft-config.ts";
import { collectModules, type PeftModule } from "./peft-modules.ts";
import { type ScaledModule, scaleModules } from "./scaling.ts";
import { interleavedRow, type TensorLayout } from "./tensor-layout.ts";
import { peftInvalid, unsupported } from "./unsupported.ts";

export interface PeftRequest {
  /** Content of adapter_config.json. */
  readonly config: string | Uint8Array;
  /** What the config is called in messages. */
  readonly configName?: string;
  /** adapter_model.safetensors; must stay open until the chunks are taken. */
  readonly weights: ByteSource;
  /** The base that the adapter was trained on. */
  readonly base: PeftBase;
  /** F16 unless given. In Q8_0, tensors whose rows are no multiple of 32 are F16. */
  readonly type?: FloatType;
}

export interface PeftConversion {
  /** What the strict reader says of the file that will be written. */
  readonly adapter: Adapter;
  /** Of the file. */
  readonly sizeBytes: number;
  readonly type: FloatType;
  readonly config: PeftConfig;
  /** What was done besides renaming, each in a sentence for a person. */
  readonly notes: readonly string[];
  /**
   * The GGUF file in order. A chunk is valid until the next one is asked for: its memory is used again.
   * @throws LoraError PEFT_INVALID for values that are no numbers, PEFT_UNSUPPORTED for values that the type cannot
   *   hold, and what the weights throw
   */
  chunks(): AsyncGenerator<Uint8Array, void, void>;
}

/** `general.file_type` (enum llama_ftype of llama.cpp). */
const FILE_TYPES: Readonly<Record<FloatType, number>> = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 };
const QUANTIZATION_VERSION = 2;

/**
 * Checks everything that headers say and plans the file; reads no weights before the chunks are taken.
 * @throws LoraError PEFT_INVALID, PEFT_UNSUPPORTED, BASE_UNFIT, BASE_CONFIG_INVALID, and what reading JSON and
 *   safetensors throws
 */
export async function convertPeft(request: PeftRequest): Promise<PeftConversion> {
  const { weights, type = "F16" } = request;
  const config = parsePeftConfig(request.config, request.configName ?? "adapter_config.json");
  const base = conversionBase(request.base);
  const { modules, copies } = collectModules(await readSafetensors(weights), base);
  assertTargeted(modules, config);
  const scaling = scaleModules(modules, config);
  const content: AdapterContent<TensorPlan> = {
    architecture: base.architecture,
    alpha: scaling.alpha,
    metadata: {
      "general.file_type": u32Value(FILE_TYPES[type]),
      ...(type === "Q8_0" ? { "general.quantization_version": u32Value(QUANTIZATION_VERSION) } : {}),
    },
    tensors: scaling.modules.map((module) => planPair(module, scaling.rank, base, type)),
  };
  const { header, sizeBytes, chunks } = streamAdapter(content, (plans) => convertTensors(weights, plans));
  const adapter = await readAdapter(headerSource(header, sizeBytes, weights.name));
  assertAdapterFitsBase(adapter, base);
  return {
    adapter,
    sizeBytes,
    type,
    config,
    notes: describeConversion({ config, scaling, copies, type, adapter }),
    chunks,
  };
}

/** PEFT ignores tensors of modules that its config does not name. Such a file was put together by hand. */
function assertTargeted(modules: readonly PeftModule[], { targets, source }: PeftConfig): void {
  if (targets === undefined) return;
  const stray = modules.find(
    ({ module }) => !targets.some((target) => module === target || module.endsWith(`.${target}`)),
  );
  if (stray !== undefined)
    throw peftInvalid(
      source,
      `does not name ${quote(stray.module)} in target_modules, and there are tensors for it`,
      {
        module: stray.module,
      },
    );
}

function planPair(module: ScaledModule, rank: number, base: ConversionBase, type: FloatType) {
  const embedding = module.kind === "token_embd";
  const plan = (tensor: PeftModule["a"], layout: TensorLayout, factor: number) => {
    const dims = [layout.toColumns, layout.toRows];
    const tensorType = layout.toColumns % TENSOR_TYPES[type].blockElements === 0 ? type : "F16";
    return { dims, type: tensorType, data: { tensor, layout, factor, type: tensorType } };
  };
  const { inFeatures, outFeatures } = module;
  const a = { rows: module.rank, columns: inFeatures };
  const b = { rows: outFeatures, columns: module.rank, toRows: outFeatures, toColumns: rank };
  return {
    base: module.base,
    a: plan(
      module.a,
      embedding
        ? { ...a, toRows: inFeatures, toColumns: rank, transposed: true }
        : { ...a, toRows: rank, toColumns: inFeatures },
      1,
    ),
    b: plan(module.b, { ...b, sourceRow: rowOrder(module, base) }, module.factor),
  };
}

function rowOrder(
  { kind, block, module, outFeatures }: PeftModule,
  base: ConversionBase,
): ((row: number) => number) | undefined {
  const whose = rulesOf(base.architecture).interleaved[kind];
  if (whose === undefined || block === undefined) return undefined;
  const heads = headsOfBlock(whose === "query" ? base.headCount : base.headCountKv, block);
  if (heads === undefined || heads === 0 || outFeatures % (2 * heads) !== 0)
    throw unsupported(
      `The module ${quote(module)}`,
      `has ${outFeatures} rows for ${heads ?? "an unknown number of"} heads of the base, which do not divide them`,
      { module, outFeatures, heads: heads ?? null },
    );
  return interleavedRow(outFeatures / heads);
}
