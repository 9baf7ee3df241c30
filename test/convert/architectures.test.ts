// SPDX-License-Identifier: Apache-2.0
/**
 * A real llama.cpp with a base and a converted adapter must expect the next token as it does with the base into whose
 * weights PEFT's formula was merged, for every architecture.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesSource } from "@lora/client/byte-source";
import { fingerprintBase } from "@lora/client/fingerprint";
import { convertPeftDirectory } from "@lora/client/peft-directory";
import { writeSafetensors } from "@lora/client/safetensors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type LoraPair,
  loraTensors,
  peftConfig,
  product,
  randomEmbeddingPair,
  randomMatrix,
  randomNumbers,
  randomPairs,
  type SmallBase,
  sum,
  transpose,
} from "../../packages/client/src/convert/peft.test.support.ts";
import { forEachRuntime } from "../support/llama.ts";
import {
  preferPrintable,
  randomWeights,
  SMALL_MODELS,
  smallModel,
  type Weights,
} from "../support/small-models.ts";

const PROMPT = "say: quick fox";
/** Of natural logarithms of probabilities. llama.cpp caches keys and values in F16, where one bit makes up to 1e-3. */
const TOLERANCE = 2e-3;
const EFFECT = 0.5;

interface Case {
  readonly base: SmallBase;
  readonly config: Readonly<Record<string, unknown>>;
  readonly pairs: Readonly<Record<string, LoraPair>>;
  /** PEFT's, by module and rank. */
  readonly scalingOf: (module: string, rank: number) => number;
}

const plain = (base: SmallBase): Case => ({
  base,
  config: { r: 4, lora_alpha: 1 },
  pairs: randomPairs(base, 4, 7),
  scalingOf: (_module, rank) => 1 / rank,
});

const llama = SMALL_MODELS.llama as SmallBase;
const next = randomNumbers(11);
const ownRanks = randomPairs(llama, (module) => (module.endsWith("v_proj") ? 6 : 3), 8);

/** Those in which numbers of the config come into the weights. */
const SCALED: Readonly<Record<string, Case>> = {
  rsLoRA: {
    base: llama,
    config: { r: 9, lora_alpha: 0.6, use_rslora: true },
    pairs: randomPairs(llama, 9, 9),
    scalingOf: (_module, rank) => 0.6 / Math.sqrt(rank),
  },
  "alpha_pattern and rank_pattern": {
    base: llama,
    config: {
      r: 3,
      lora_alpha: 0.5,
      rank_pattern: { v_proj: 6 },
      alpha_pattern: { "layers.0.self_attn.v_proj": 4, "mlp.(up|gate)_proj": 1.5 },
    },
    pairs: ownRanks,
    scalingOf: (module, rank) =>
      (module === "model.layers.0.self_attn.v_proj" ? 4 : /(up|gate)_proj$/.test(module) ? 1.5 : 0.5) / rank,
  },
  "embedding and output": {
    base: llama,
    config: { r: 4, lora_alpha: 1 },
    pairs: {
      "model.embed_tokens": randomEmbeddingPair(llama, 4),
      lm_head: {
        a: randomMatrix(4, llama.hidden, next),
        b: preferPrintable(randomMatrix(llama.vocabulary, 4, next)),
      },
    },
    scalingOf: (_module, rank) => 1 / rank,
  },
};

const CASES: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(Object.entries(SMALL_MODELS).map(([name, base]) => [name, plain(base)])),
  ...SCALED,
};

function merged(weights: Weights, { pairs, scalingOf }: Case): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([module, matrix]) => {
      const pair = pairs[module];
      if (pair === undefined) return [module, matrix];
      const change = product(pair.b, pair.a);
      const scaling = scalingOf(module, pair.a.length);
      return [module, sum(matrix, module === "model.embed_tokens" ? transpose(change) : change, scaling)];
    }),
  );
}

const largestDifference = (x: Float32Array, y: Float32Array) =>
  x.reduce((most, value, i) => Math.max(most, Math.abs(value - (y[i] ?? Number.NaN))), 0);

let directory: string;
const pathOf = (name: string, file: string) => join(directory, name.replace(/[^a-z0-9]/g, "-"), file);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-architectures-"));
  for (const [name, aCase] of Object.entries(CASES)) {
    const weights = randomWeights(aCase.base, 5);
    const model = await smallModel(aCase.base, weights);
    await mkdir(pathOf(name, ""));
    await writeFile(pathOf(name, "base.gguf"), model);
    await writeFile(pathOf(name, "merged.gguf"), await smallModel(aCase.base, merged(weights, aCase)));
    await writeFile(pathOf(name, "adapter_config.json"), peftConfig(aCase.config));
    const tensors = loraTensors(aCase.pairs);
    await writeFile(pathOf(name, "adapter_model.safetensors"), writeSafetensors({ tensors }));
    const { record } = await fingerprintBase(bytesSource(model, name));
    await convertPeftDirectory(pathOf(name, ""), {
      base: { record },
      outputPath: pathOf(name, "adapter.gguf"),
      type: "F32",
    });
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** The embedded runtime takes a second to start: where llama-server has run all, it runs those with scalings. */
let isFirst = true;

await forEachRuntime((runtime) => {
  const names = Object.keys(isFirst ? CASES : SCALED);
  isFirst = false;
  describe("a converted adapter", () => {
    it.each(names)("does what PEFT's formula does: %s", async (name) => {
      const adapters = [{ name: "converted", path: pathOf(name, "adapter.gguf") }];
      await using adapted = await runtime.load({
        modelPath: pathOf(name, "base.gguf"),
        adapters,
        threads: 1,
      });
      await using reference = await runtime.load({
        modelPath: pathOf(name, "merged.gguf"),
        adapters: [],
        threads: 1,
      });
      const wanted = await reference.nextToken({ prompt: PROMPT });
      const without = await adapted.nextToken({ prompt: PROMPT, scales: { converted: 0 } });
      const found = await adapted.nextToken({ prompt: PROMPT, scales: { converted: 1 } });
      expect(largestDifference(without, wanted)).toBeGreaterThan(EFFECT);
      expect(largestDifference(found, wanted)).toBeLessThan(TOLERANCE);
    });
  });
});
