// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from "../../errors.ts";
import { containerFaults } from "./hostile-containers.test.support.ts";
import { type HostileFile, hostileFile } from "./hostile-file.test.support.ts";
import { ADAPTER_LIMITS } from "./limits.ts";
import {
  ADAPTER_PAIRS,
  ADAPTER_TENSORS,
  arrayPair,
  f32,
  pair,
  type RawGguf,
  rawAdapter,
  rawBase,
  rawGguf,
  strPair,
  u8,
  u32,
  u32Pair,
  u64,
} from "./raw-gguf.test.support.ts";

const adapter = (name: string, code: ErrorCode, changes: RawGguf) =>
  hostileFile(name, code, () => rawGguf(rawAdapter(changes)));
const adapterPair = (name: string, extra: Uint8Array) =>
  adapter(name, "ADAPTER_INVALID", { pairs: [...ADAPTER_PAIRS, extra] });
/** Another value in place of one of the four keys that must be there; without a value, the key is left out. */
const adapterKey = (name: string, index: number, ...value: Uint8Array[]) =>
  adapter(name, "ADAPTER_INVALID", { pairs: ADAPTER_PAIRS.toSpliced(index, 1, ...value) });
const adapterTensors = (name: string, ...tensors: NonNullable<RawGguf["tensors"]>) =>
  adapter(name, "ADAPTER_INVALID", { tensors });
const [A, B] = ["blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b"];

export const HOSTILE_ADAPTERS: readonly HostileFile[] = [
  ...containerFaults(rawAdapter, ADAPTER_LIMITS),
  adapter("version 2", "GGUF_INVALID", { version: 2 }),
  adapter("a byte behind the data", "GGUF_INVALID", { dataBytes: 2049 }),
  adapter("data without its padding", "GGUF_INVALID", {
    tensors: [ADAPTER_TENSORS[0] ?? { name: A, dims: [] }, { name: B, dims: [4, 1] }],
    dataBytes: 1024 + 16,
  }),
  hostileFile("header above its limit", "GGUF_LIMIT", () =>
    rawGguf(
      rawAdapter({
        pairs: [
          ...ADAPTER_PAIRS,
          ...Array.from({ length: 200 }, (_, i) =>
            strPair(`general.base_model.${i}.description`, "x".repeat(ADAPTER_LIMITS.maxStringBytes)),
          ),
        ],
      }),
    ),
  ),
  adapter("text that is not UTF-8", "GGUF_INVALID", {
    pairs: [...ADAPTER_PAIRS, strPair("general.name", new Uint8Array([0xc3, 0x28]))],
  }),
  adapter("a boolean of 2", "GGUF_INVALID", {
    pairs: [...ADAPTER_PAIRS, pair("general.name", "bool", u8(2))],
  }),

  adapterKey("no architecture", 0),
  adapterKey("empty architecture", 0, strPair("general.architecture", "")),
  adapter("architecture as a number", "ADAPTER_INVALID", {
    pairs: ADAPTER_PAIRS.toSpliced(0, 1, u32Pair("general.architecture", 1)),
  }),
  adapterKey("no general.type", 1),
  adapterKey("general.type model", 1, strPair("general.type", "model")),
  adapterKey("general.type imatrix", 1, strPair("general.type", "imatrix")),
  adapterKey("no adapter.type", 2),
  adapterKey("adapter.type control_vector", 2, strPair("adapter.type", "control_vector")),
  adapterKey("adapter.type as a number", 2, u32Pair("adapter.type", 1)),
  adapterKey("no alpha", 3),
  adapterKey("alpha as f64", 3, pair("adapter.lora.alpha", "f64", u64(0))),
  adapterKey("alpha as u32", 3, u32Pair("adapter.lora.alpha", 8)),
  ...[0, -8, Number.NaN, Number.POSITIVE_INFINITY].map((alpha) =>
    adapterKey(`alpha ${alpha}`, 3, pair("adapter.lora.alpha", "f32", f32(alpha))),
  ),
  adapterPair("a chat template", strPair("tokenizer.chat_template", "{{ x }}")),
  adapterPair("a tokenizer", strPair("tokenizer.ggml.model", "llama")),
  adapterPair("a key of the architecture", u32Pair("llama.context_length", 64)),
  adapterPair("sampling settings", pair("general.sampling.temp", "f32", f32(9))),
  adapterPair("an unknown key", strPair("general.names", "x")),
  adapterPair("a name as a number", u32Pair("general.name", 1)),
  adapterPair("tags as one string", strPair("general.tags", "x")),
  adapterPair("invocation tokens as i32", arrayPair("adapter.alora.invocation_tokens", "i32", 1, u32(1))),
  adapterPair("invocation tokens as one number", u32Pair("adapter.alora.invocation_tokens", 1)),

  adapterTensors("no tensors"),
  adapterTensors("a without b", { name: A, dims: [64, 4] }),
  adapterTensors("b without a", { name: B, dims: [4, 64] }),
  adapterTensors("a whole weight", ...ADAPTER_TENSORS, { name: "blk.0.attn_q.weight", dims: [64, 64] }),
  adapterTensors("a norm, which runtimes ignore", ...ADAPTER_TENSORS, {
    name: "blk.0.attn_norm.weight",
    dims: [64],
  }),
  adapterTensors(
    "a pair for a norm",
    { name: "output_norm.weight.lora_a", dims: [64, 4] },
    { name: "output_norm.weight.lora_b", dims: [4, 1] },
  ),
  adapterTensors("a pair for a bias", { name: "blk.0.attn_q.bias.lora_a", dims: [64, 4] }),
  adapterTensors("a name with two endings", { name: `${A}.weight.lora_a`, dims: [64, 4] }),
  adapterTensors("a path for a name", { name: "../../etc/passwd.lora_a", dims: [64, 4] }),
  adapterTensors("two ranks in a pair", { name: A, dims: [64, 4] }, { name: B, dims: [8, 64] }),
  adapterTensors(
    "two ranks in a file",
    ...ADAPTER_TENSORS,
    { name: "blk.0.attn_k.weight.lora_a", dims: [64, 8] },
    { name: "blk.0.attn_k.weight.lora_b", dims: [8, 64] },
  ),
  adapterTensors("a rank of 4097", { name: A, dims: [1, 4097] }, { name: B, dims: [4097, 1] }),
  adapterTensors("vectors for matrices", { name: A, dims: [64] }, { name: B, dims: [4] }),
  adapterTensors("four dimensions", { name: A, dims: [64, 4, 1, 2] }, { name: B, dims: [4, 64, 1, 2] }),
  adapterTensors("two numbers of experts", { name: A, dims: [64, 4, 8] }, { name: B, dims: [4, 64, 4] }),
  adapterTensors("experts in one half", { name: A, dims: [64, 4, 8] }, { name: B, dims: [4, 64] }),
  adapterTensors(
    "experts of the token embedding",
    { name: "token_embd.weight.lora_a", dims: [4, 64, 2] },
    { name: "token_embd.weight.lora_b", dims: [4, 64, 2] },
  ),
  adapterTensors(
    "weights as I8",
    { name: A, dims: [64, 4], type: "I8" },
    { name: B, dims: [4, 64], type: "I8" },
  ),
  adapterTensors("weights as Q4_K", { name: A, dims: [256, 4], type: "Q4_K" }, { name: B, dims: [4, 64] }),
  hostileFile("a base", "ADAPTER_INVALID", () => rawGguf(rawBase())),
];
