// SPDX-License-Identifier: Apache-2.0
/** A fused stack beside the adapters that it was made of, on the real runtimes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AdapterToFuse, fuseStack } from "@lora/client/fuse";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { forEachRuntime } from "../support/llama.ts";
import { createRandom, pick } from "../support/random.ts";
import { writeRandomAdapter } from "../support/random-adapter.ts";
import { ABILITIES, abilityPath, basePath, promptOf, WORDS } from "../support/tiny-say.ts";

/** Of tiny-say, in both of its layers. */
const SHAPES: Readonly<Record<string, readonly [number, number]>> = {
  attn_q: [64, 64],
  attn_k: [64, 64],
  attn_v: [64, 64],
  attn_output: [64, 64],
  ffn_gate: [64, 176],
  ffn_up: [64, 176],
  ffn_down: [176, 64],
};
const RANKS = [1, 2, 4, 8, 12, 16, 32];

let directory: string;
let adapters: AdapterToFuse[];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-fuse-"));
  const random = createRandom(4);
  adapters = [];
  // The trained ones, and others of every sort: some halves, some with layers that others leave alone.
  for (const [i, name] of ABILITIES.entries())
    adapters.push({
      name,
      sha256: `${i}`,
      path: abilityPath("v1", name),
      scale: pick(random, [0.5, 1, 1.5]),
    });
  for (let i = adapters.length; i < 8; i += 1) {
    const targets = Object.entries(SHAPES).filter(() => random() < 0.6);
    const layers = random() < 0.5 ? [0, 1] : [i % 2];
    const shapes = Object.fromEntries(
      layers.flatMap((layer) => targets.map(([target, shape]) => [`blk.${layer}.${target}.weight`, shape])),
    );
    const path = join(directory, `${i}.gguf`);
    const rank = pick(random, RANKS);
    await writeFile(
      path,
      writeRandomAdapter(random, {
        shapes: Object.keys(shapes).length > 0 ? shapes : { "blk.0.attn_q.weight": [64, 64] },
        rank,
        alpha: pick(random, [rank / 2, rank, 2 * rank, 5]),
        type: i % 2 === 0 ? "F16" : "F32",
        strength: 0.1,
      }),
    );
    adapters.push({ name: `random-${i}`, sha256: `${i}`, path, scale: pick(random, [-0.5, 0.3, 0.7, 1]) });
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Relative rounding of a half, times what a network of two layers makes of it. */
const TOLERANCE = 0.01;

await forEachRuntime((runtime) => {
  describe("fused", () => {
    // The embedded runtime takes seconds to load: the ends will do.
    const counts = runtime.kind === "embedded" ? [2, 8] : [2, 3, 4, 5, 6, 7, 8];

    it.each(counts)("%i adapters give the distribution of the adapters", async (count) => {
      // Random ones first, so that the small stacks are not all trained.
      const stack = [...adapters].reverse().slice(0, count);
      const fused = await fuseStack({ storeDirectory: directory, adapters: stack });
      const modelPath = basePath("v1", "f32");
      await using apart = await runtime.load({ modelPath, adapters: stack, threads: 1 });
      await using together = await runtime.load({
        modelPath,
        adapters: [{ name: "fused", path: fused.path }],
        threads: 1,
      });
      await using plain = await runtime.load({ modelPath, adapters: [], threads: 1 });
      let largest = 0;
      let moved = 0;
      for (const prompt of WORDS.map(promptOf)) {
        const one = await apart.nextToken({ prompt });
        const other = await together.nextToken({ prompt });
        const base = await plain.nextToken({ prompt });
        for (const [token, value] of one.entries()) {
          largest = Math.max(largest, Math.abs(value - (other[token] ?? Number.NaN)));
          moved = Math.max(moved, Math.abs(value - (base[token] ?? Number.NaN)));
        }
      }
      console.info(
        `${runtime.kind}, ${count} adapters: ${largest.toExponential(1)} of a move of ${moved.toFixed(1)}`,
      );
      expect(largest).toBeLessThan(TOLERANCE);
      expect(moved).toBeGreaterThan(1);
    });
  });
});
