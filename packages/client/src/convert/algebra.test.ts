// SPDX-License-Identifier: Apache-2.0
/**
 * The whole of a conversion in plain algebra: what llama.cpp adds to the base's weights as they lie in GGUF must be
 * what PEFT adds to them as transformers has them. The base is laid out for GGUF here, by the definition of the layout,
 * so that no mistake of the converter's is made twice.
 */
import { describe, expect, it } from "vitest";
import { ggufName, laidOut } from "./gguf-layout.test.support.ts";
import {
  configOf,
  convert,
  type LoraPair,
  loraTensors,
  peftConfig,
  product,
  randomEmbeddingPair,
  randomMatrix,
  randomNumbers,
  randomPairs,
  readPairs,
  relativeDifference,
  SMALL_BASES,
  type SmallBase,
  shapesOf,
  sum,
  transpose,
  weightsOf,
} from "./peft.test.support.ts";

/** One product and one sum in single precision. */
const ROUNDING = 2 ** -22;

async function expectFaithful(
  base: SmallBase,
  pairs: Readonly<Record<string, LoraPair>>,
  config: Readonly<Record<string, unknown>>,
  scalingOf: (module: string, rank: number) => number,
) {
  const { bytes, conversion } = await convert({
    config: peftConfig(config),
    weights: weightsOf(loraTensors(pairs)),
    base: { config: configOf(base) },
    type: "F32",
  });
  const found = await readPairs(bytes);
  expect(found.size).toBe(Object.keys(pairs).length);
  const next = randomNumbers(3);
  for (const [module, [out, inFeatures]] of Object.entries(shapesOf(base))) {
    const original = pairs[module];
    if (original === undefined) continue;
    const weights = randomMatrix(out, inFeatures, next);
    const scaling = scalingOf(module, original.a.length);
    const wanted = laidOut(module, sum(weights, product(original.b, original.a), scaling), base);
    const pair = found.get(ggufName(module));
    if (pair === undefined) throw new Error(`no pair for ${module}`);
    const applied = sum(laidOut(module, weights, base), product(pair.b, pair.a), pair.factor);
    expect(relativeDifference(applied, wanted), module).toBeLessThan(ROUNDING);
  }
  return { found, conversion };
}

describe.each(Object.entries(SMALL_BASES))("an adapter for %s", (_, base) => {
  it("adds what PEFT adds", async () => {
    const { conversion } = await expectFaithful(base, randomPairs(base, 4), {}, (_module, rank) => 8 / rank);
    expect(conversion.adapter).toMatchObject({ rank: 4, alpha: 8 });
    expect(conversion.notes).toEqual([]);
  });

  it("adds what PEFT adds with rsLoRA", async () => {
    const config = { use_rslora: true, r: 6, lora_alpha: 5 };
    const pairs = randomPairs(base, 6);
    const { found } = await expectFaithful(base, pairs, config, (_module, rank) => 5 / Math.sqrt(rank));
    // All have one scaling, so none of them was touched: only alpha says something else.
    for (const [module, { a }] of Object.entries(pairs)) expect(found.get(ggufName(module))?.a).toEqual(a);
  });

  it.each([false, true])(
    "adds what PEFT adds where modules have ranks and alphas of their own, rsLoRA %s",
    async (rslora) => {
      const rankOf = (module: string) =>
        module.includes("layers.1.mlp") ? 7 : module.endsWith("o_proj") ? 2 : 4;
      const alphaOf = (module: string) =>
        module.endsWith("down_proj") ? 3 : module.includes("layers.0.") ? -6 : 8;
      await expectFaithful(
        base,
        randomPairs(base, rankOf),
        {
          use_rslora: rslora,
          rank_pattern: { "layers.1.mlp.[a-z_]+": 7, o_proj: 2 },
          alpha_pattern: { down_proj: 3, "model.layers.0.*": -6 },
        },
        (module, rank) => alphaOf(module) / (rslora ? Math.sqrt(rank) : rank),
      );
    },
  );

  it("adds nothing to a module whose alpha is 0", async () => {
    const pairs = randomPairs(base, 4);
    await expectFaithful(base, pairs, { alpha_pattern: { o_proj: 0 } }, (module, rank) =>
      module.endsWith("o_proj") ? 0 : 8 / rank,
    );
  });
});

describe.each(Object.entries(SMALL_BASES).filter(([, base]) => !base.tied))(
  "an adapter for embedding and output of %s",
  (_, base) => {
    it("adds what PEFT adds, also with a rank and an alpha of its own", async () => {
      const embedding = randomEmbeddingPair(base, 3);
      const next = randomNumbers(5);
      const head = { a: randomMatrix(4, base.hidden, next), b: randomMatrix(base.vocabulary, 4, next) };
      const { found } = await expectFaithful(
        base,
        { ...randomPairs(base, 4), "model.embed_tokens": embedding, lm_head: head },
        { rank_pattern: { embed_tokens: 3 }, alpha_pattern: { embed_tokens: 2 } },
        (_module, rank) => 8 / rank,
      );
      const output = found.get("output.weight");
      const rows = found.get("token_embd.weight");
      if (output === undefined || rows === undefined) throw new Error("missing");
      expect(output.a).toEqual(head.a);
      expect(output.b).toEqual(head.b);
      // PEFT adds (B · A)ᵀ to the embedding, a row for each token; llama.cpp looks up rows of a and multiplies by b.
      const wanted = transpose(product(embedding.b, embedding.a)).map((row) => row.map((v) => (v * 2) / 3));
      const applied = product(rows.a, transpose(rows.b)).map((row) => row.map((v) => v * rows.factor));
      expect(relativeDifference(applied, wanted)).toBeLessThan(ROUNDING);
    });
  },
);
