// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { bytesSource } from "../byte-source/index.ts";
import {
  dequantize,
  encodeGguf,
  encodeTensorData,
  isFloatType,
  readAdapter,
  writeAdapter,
} from "../formats/gguf/index.ts";
import { adapterContent } from "../formats/gguf/write-adapter.ts";
import { fuseAdapters, fusedRank, type StackedAdapter } from "./fuse-adapters.ts";

interface Pair {
  inFeatures: number;
  outFeatures: number;
  rank: number;
  experts?: number;
  type?: "F32" | "F16" | "Q8_0";
}

/** Numbers that halves hold exactly, another for each place. */
const numbers = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => (((i * 37 + seed * 101) % 64) - 32) / 64);

function adapterBytes(pairs: Record<string, Pair>, alpha: number, seed = 1): Uint8Array {
  return writeAdapter({
    architecture: "llama",
    alpha,
    tensors: Object.entries(pairs).map(
      ([base, { inFeatures, outFeatures, rank, experts = 1, type = "F32" }]) => {
        const flipped = base === "token_embd.weight";
        const more = experts > 1 ? [experts] : [];
        const encode = (length: number, add: number) => encodeTensorData(type, numbers(length, seed + add));
        return {
          base,
          a: {
            dims: flipped ? [rank, inFeatures] : [inFeatures, rank, ...more],
            type,
            data: encode(inFeatures * rank * experts, 0),
          },
          b: { dims: [rank, outFeatures, ...more], type, data: encode(rank * outFeatures * experts, 1) },
        };
      },
    ),
  });
}

async function stacked(bytes: Uint8Array, scale: number): Promise<StackedAdapter> {
  const source = bytesSource(bytes, "adapter.gguf");
  return { name: "@demo/one", source, scale, adapter: await readAdapter(source, { mixedRanks: true }) };
}

/** What each adapter adds to each of the base's tensors, as a runtime reckons it: [expert][out][in]. */
async function changesOf(stack: readonly StackedAdapter[]): Promise<Map<string, number[]>> {
  const changes = new Map<string, number[]>();
  for (const { adapter, source, scale } of stack) {
    for (const { base, rank, inFeatures, outFeatures, experts, a, b } of adapter.tensors) {
      const [x, y] = await Promise.all(
        [a, b].map(async ({ type, offset, sizeBytes }) => {
          if (!isFloatType(type)) throw new Error(type);
          return dequantize(type, await source.read(offset, sizeBytes));
        }),
      );
      if (x === undefined || y === undefined) throw new Error("no data");
      const change = changes.get(base) ?? new Array<number>(inFeatures * outFeatures * experts).fill(0);
      for (let e = 0; e < experts; e += 1)
        for (let o = 0; o < outFeatures; o += 1)
          for (let i = 0; i < inFeatures; i += 1) {
            let sum = 0;
            for (let r = 0; r < rank; r += 1) {
              const placeA = base === "token_embd.weight" ? i * rank + r : (e * rank + r) * inFeatures + i;
              sum += (y[(e * outFeatures + o) * rank + r] ?? 0) * (x[placeA] ?? 0);
            }
            const at = (e * outFeatures + o) * inFeatures + i;
            change[at] = (change[at] ?? 0) + (sum * scale * adapter.alpha) / rank;
          }
      changes.set(base, change);
    }
  }
  return changes;
}

async function fusedOf(stack: readonly StackedAdapter[], maxRank?: number) {
  const { content, rank, losses } = fuseAdapters(stack, maxRank);
  const whole = adapterContent(content);
  const tensors = [];
  for (const tensor of whole.tensors) tensors.push({ ...tensor, data: await tensor.data() });
  return { rank, losses, fused: await stacked(encodeGguf({ metadata: whole.metadata, tensors }), 1) };
}

const relativeDistance = (one: Map<string, number[]>, other: Map<string, number[]>) => {
  expect([...one.keys()].sort()).toEqual([...other.keys()].sort());
  let lost = 0;
  let whole = 0;
  for (const [base, values] of one)
    for (const [i, value] of values.entries()) {
      lost += (value - (other.get(base)?.[i] ?? Number.NaN)) ** 2;
      whole += value ** 2;
    }
  return Math.sqrt(lost / whole);
};

describe("fuseAdapters", () => {
  const Q = "blk.0.attn_q.weight";
  const DOWN = "blk.1.ffn_down.weight";

  it("gives one adapter that changes the base as all of them do", async () => {
    const stack = [
      await stacked(adapterBytes({ [Q]: { inFeatures: 6, outFeatures: 5, rank: 2 } }, 4, 1), 0.5),
      await stacked(
        adapterBytes(
          {
            [Q]: { inFeatures: 6, outFeatures: 5, rank: 3 },
            [DOWN]: { inFeatures: 4, outFeatures: 6, rank: 1 },
          },
          7,
          2,
        ),
        -1.25,
      ),
      await stacked(adapterBytes({ [DOWN]: { inFeatures: 4, outFeatures: 6, rank: 8 } }, 1, 3), 3),
    ];
    const { fused, rank } = await fusedOf(stack);
    expect(relativeDistance(await changesOf(stack), await changesOf([fused]))).toBeLessThan(1e-6);
    expect([rank, fusedRank(stack.map(({ adapter }) => adapter))]).toEqual([9, 9]);
    expect(fused.adapter.tensors.map(({ base, rank: own }) => [base, own])).toEqual([
      [Q, 5],
      [DOWN, 9],
    ]);
  });

  it("keeps halves as halves, and their rounding", async () => {
    const pair = { inFeatures: 32, outFeatures: 32, rank: 4, type: "F16" } as const;
    const stack = [
      await stacked(adapterBytes({ [Q]: pair }, 8, 1), 0.3),
      await stacked(adapterBytes({ [Q]: pair }, 5, 2), 0.7),
    ];
    const { fused } = await fusedOf(stack);
    expect(fused.adapter.tensors.flatMap(({ a, b }) => [a.type, b.type])).toEqual(["F16", "F16"]);
    expect(relativeDistance(await changesOf(stack), await changesOf([fused]))).toBeLessThan(2 ** -11);
  });

  it("fuses experts, embeddings and quantized adapters too", async () => {
    const shapes = (rank: number): Record<string, Pair> => ({
      "blk.0.ffn_up_exps.weight": { inFeatures: 4, outFeatures: 3, rank, experts: 2 },
      "token_embd.weight": { inFeatures: 10, outFeatures: 4, rank },
      [DOWN]: { inFeatures: 32, outFeatures: 32, rank: 32, type: "Q8_0" },
    });
    const stack = [
      await stacked(adapterBytes(shapes(2), 4, 1), 1),
      await stacked(adapterBytes(shapes(3), 2, 2), 2),
    ];
    const { fused } = await fusedOf(stack);
    expect(relativeDistance(await changesOf(stack), await changesOf([fused]))).toBeLessThan(1e-6);
  });

  it.each([
    ["an attention tensor", Q],
    ["an embedding", "token_embd.weight"],
  ])("cuts the rank of %s by as little as possible, and says the error", async (_, base) => {
    const stack = [
      await stacked(adapterBytes({ [base]: { inFeatures: 12, outFeatures: 10, rank: 3 } }, 3, 1), 1),
      await stacked(adapterBytes({ [base]: { inFeatures: 12, outFeatures: 10, rank: 4 } }, 4, 2), 0.05),
    ];
    const whole = await changesOf(stack);
    const errors: number[] = [];
    for (const maxRank of [1, 3, 5, 7]) {
      const { fused, rank, losses } = await fusedOf(stack, maxRank);
      expect(rank).toBe(maxRank);
      const distance = relativeDistance(whole, await changesOf([fused]));
      const [loss] = losses;
      const said = loss === undefined ? 0 : Math.sqrt(loss.lostSquare / loss.wholeSquare);
      expect(distance).toBeCloseTo(said, 4);
      errors.push(distance);
    }
    expect(errors).toEqual([...errors].sort((x, y) => y - x));
    // The first adapter is twenty times as strong: three directions hold most.
    expect(errors[1]).toBeLessThan(0.06);
    expect(errors[3]).toBeLessThan(1e-6);
  });

  it("refuses what has no sum", async () => {
    const pair = { inFeatures: 6, outFeatures: 5, rank: 2 };
    const one = await stacked(adapterBytes({ [Q]: pair }, 4), 1);
    expect(() => fuseAdapters([{ ...one, scale: 0 }])).toThrow(/nothing to fuse/);
    const other = await stacked(adapterBytes({ [Q]: { ...pair, inFeatures: 7 } }, 4), 1);
    expect(() => fuseAdapters([one, other])).toThrow(/two shapes/);
    const foreign = { ...one, adapter: { ...one.adapter, architecture: "qwen2" } };
    expect(() => fuseAdapters([one, foreign])).toThrow(/"qwen2".*"llama"/);
  });
});
