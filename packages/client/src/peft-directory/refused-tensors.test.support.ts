// SPDX-License-Identifier: Apache-2.0
/** For tests. Tensors that do not pair, have no place in the base, or hold no numbers. */
import { configOf, loraTensors, randomEmbeddingPair, randomPairs } from "../convert/peft.test.support.ts";
import {
  type Case,
  extra,
  GEMMA,
  good,
  LLAMA,
  named,
  PREFIX,
  pairs,
  Q,
  replaced,
  TIED,
  without,
} from "./refusal-case.test.support.ts";

export const REFUSED_TENSORS: Readonly<Record<string, Case>> = {
  "no tensors": { tensors: [], code: "PEFT_INVALID", message: "has no lora_A and lora_B" },
  "no lora_A": {
    tensors: without("0.self_attn.q_proj.lora_A"),
    code: "PEFT_INVALID",
    message: `has no lora_A for "${Q}"`,
  },
  "no lora_B": {
    tensors: without("0.self_attn.q_proj.lora_B"),
    code: "PEFT_INVALID",
    message: `has no lora_B for "${Q}"`,
  },
  "names without PEFT's prefix": {
    tensors: good.map((t) => ({ ...t, name: t.name.slice(PREFIX.length) })),
    code: "PEFT_UNSUPPORTED",
    message: "was not saved by PEFT",
  },
  "names with the adapter's name inside": extra(
    `${Q}.lora_A.default.weight`,
    "still has the adapter's name inside",
  ),
  "names of another program": extra(`${Q}.lora_down.weight`, "is no lora_A or lora_B"),
  "a module that the base does not have": extra(
    "model.layers.0.self_attn.x_proj.lora_A.weight",
    "is none of those",
  ),
  "a layer that the base does not have": {
    tensors: [
      ...good,
      ...loraTensors({ "model.layers.2.self_attn.q_proj": pairs[Q] as (typeof pairs)[string] }),
    ],
    code: "BASE_UNFIT",
    message: 'The base has no tensor "blk.2.attn_q.weight"',
  },
  "an expert": extra("model.layers.0.mlp.experts.3.up_proj.lora_A.weight", "is an expert's"),
  "an expert of Mixtral": extra(
    "model.layers.0.block_sparse_moe.experts.3.w1.lora_A.weight",
    "is an expert's",
  ),
  "a part that sees": extra(
    "vision_tower.layers.0.q_proj.lora_A.weight",
    "is not of the part that handles text",
  ),
  "a pair of two ranks": {
    tensors: replaced(Q, "B", 64, 5),
    code: "PEFT_INVALID",
    message: `has a pair that does not multiply for "${Q}": lora_A is [4, 64], lora_B is [64, 5]`,
  },
  "a pair for another input": {
    tensors: replaced(Q, "A", 4, 32),
    code: "BASE_UNFIT",
    message: '"blk.0.attn_q.weight" is [64, 64] in the base, and the adapter is made for [32, 64]',
  },
  "a pair for another output": {
    tensors: replaced(Q, "B", 32, 4),
    code: "BASE_UNFIT",
    message: "and the adapter is made for [64, 32]",
  },
  "empty tensors, as a sharded optimizer saves them": {
    tensors: good.map((t) => ({ ...t, shape: [0, 0], data: new Uint8Array() })),
    code: "PEFT_INVALID",
    message: "has no values for",
  },
  "a value that is no number": {
    tensors: loraTensors({
      ...pairs,
      [Q]: { a: pairs[Q]?.a ?? [], b: [[Number.NaN, 0, 0, 0], ...(pairs[Q]?.b.slice(1) ?? [])] },
    }),
    code: "PEFT_INVALID",
    message: "its training broke",
  },
  "a value that F16 does not hold": {
    tensors: loraTensors({
      ...pairs,
      [Q]: { a: pairs[Q]?.a ?? [], b: [[1e6, 0, 0, 0], ...(pairs[Q]?.b.slice(1) ?? [])] },
    }),
    code: "PEFT_UNSUPPORTED",
    message: "has values that F16 cannot hold",
  },
  "two tensors of one module": {
    tensors: [
      ...loraTensors(randomPairs(GEMMA, 4)),
      ...loraTensors({
        "language_model.model.layers.0.self_attn.q_proj": randomPairs(GEMMA, 4)[Q] ?? { a: [], b: [] },
      }),
    ],
    base: configOf(GEMMA),
    code: "PEFT_INVALID",
    message: "which are one tensor",
  },
  "an output of a tied base": {
    tensors: [
      ...loraTensors(randomPairs(TIED, 4)),
      named(`${PREFIX}lm_head.lora_A.weight`, 4, 48),
      named(`${PREFIX}lm_head.lora_B.weight`, 40, 4),
    ],
    base: configOf(TIED),
    code: "PEFT_UNSUPPORTED",
    message: 'the module "lm_head" is embedding and output in one on this base',
  },
  "an embedding of a tied base": {
    tensors: loraTensors({ ...randomPairs(TIED, 4), "model.embed_tokens": randomEmbeddingPair(TIED, 4) }),
    base: configOf(TIED),
    code: "PEFT_UNSUPPORTED",
    message: "llama.cpp cannot adapt either",
  },
  "an output of Gemma": {
    tensors: [
      ...loraTensors(randomPairs(GEMMA, 4)),
      named(`${PREFIX}lm_head.lora_A.weight`),
      named(`${PREFIX}lm_head.lora_B.weight`, 40, 4),
    ],
    base: JSON.stringify({ ...JSON.parse(configOf(GEMMA)), tie_word_embeddings: false }),
    code: "PEFT_UNSUPPORTED",
    message: "is embedding and output in one",
  },
  "an output as an embedding": {
    tensors: [
      ...good,
      named(`${PREFIX}lm_head.lora_embedding_A`),
      named(`${PREFIX}lm_head.lora_embedding_B`, 40, 4),
    ],
    code: "PEFT_INVALID",
    message: 'adapts "lm_head" as an embedding, which it is not',
  },
  "an embedding as a linear layer": {
    tensors: [
      ...good,
      named(`${PREFIX}model.embed_tokens.lora_A.weight`),
      named(`${PREFIX}model.embed_tokens.lora_B.weight`, 40, 4),
    ],
    code: "PEFT_INVALID",
    message: "as a linear layer, which it is not",
  },
  "a copy of an embedding of another vocabulary": {
    tensors: [
      ...loraTensors({ ...pairs, "model.embed_tokens": randomEmbeddingPair(LLAMA, 4) }),
      named(`${PREFIX}model.embed_tokens.base_layer.weight`, 41, 64),
    ],
    code: "BASE_UNFIT",
    message: "is [41, 64], in the base it is [40, 64]: its vocabulary was changed",
  },
  "a copy of another weight": extra(`${Q}.base_layer.weight`, "replaces a whole weight of the base"),
};
