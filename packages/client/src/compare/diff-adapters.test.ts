// SPDX-License-Identifier: Apache-2.0
import { Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { type DeltaTensor, diffAdapters } from "./index.ts";
import { adapterOf, type Factors, full, randomFactors, randomMatrix } from "./random-deltas.test.support.ts";

const Q = "blk.0.attn_q.weight";

describe("diffAdapters", () => {
  it.each([
    ["of one rank", 4, 4, 20, 12],
    ["of two ranks", 7, 3, 20, 12],
    ["of ranks above the sides", 9, 11, 5, 6],
    ["of rank 1, of a single row", 1, 1, 1, 9],
    ["longer than a strip", 5, 6, 1100, 700],
  ])("gives the norms of the full matrices, %s", async (_, rank1, rank2, out, into) => {
    const [one, two] = [randomFactors(1, out, rank1, into), randomFactors(2, out, rank2, into)];
    const { tensors, total } = await diffAdapters(adapterOf({ [Q]: one }), adapterOf({ [Q]: two }));
    const [x, y] = [full(one), full(two)];
    const distance = Matrix.sub(x, y).norm("frobenius");
    expect(tensors[0]?.norms[0]).toBeCloseTo(x.norm("frobenius"), 8);
    expect(tensors[0]?.norms[1]).toBeCloseTo(y.norm("frobenius"), 8);
    expect(tensors[0]?.absolute).toBeCloseTo(distance, 8);
    expect(tensors[0]?.relative).toBeCloseTo(
      distance / Math.max(x.norm("frobenius"), y.norm("frobenius")),
      10,
    );
    expect(total.absolute).toBeCloseTo(distance, 8);
  });

  it("adds up the tensors of experts, and all tensors", async () => {
    const experts = (seed: number) => [randomFactors(seed, 8, 2, 6), randomFactors(seed + 1, 8, 2, 6)];
    const [ones, twos] = [experts(1), experts(11)];
    const [one, two] = [randomFactors(31, 5, 2, 5), randomFactors(32, 5, 2, 5)];
    const name = "blk.0.ffn_down_exps.weight";
    const { tensors, total } = await diffAdapters(
      adapterOf({ [name]: ones, [Q]: one }),
      adapterOf({ [name]: twos, [Q]: two }),
    );
    const distances = [...ones, one].map((x, i) =>
      Matrix.sub(full(x), full([...twos, two][i] as Factors)).norm("frobenius"),
    );
    expect(tensors.find((tensor) => tensor.name === name)?.absolute).toBeCloseTo(
      Math.hypot(...distances.slice(0, 2)),
      10,
    );
    expect(total.absolute).toBeCloseTo(Math.hypot(...distances), 10);
  });

  it("finds no difference between an adapter and itself", async () => {
    const make = () => adapterOf({ [Q]: randomFactors(5, 70, 9, 33) });
    expect(await diffAdapters(make(), make())).toMatchObject({
      effect: "same",
      total: { absolute: 0, relative: 0 },
    });
  });

  it("calls factors that multiply to the same the same but for rounding", async () => {
    const one = randomFactors(5, 40, 6, 30);
    const turn = randomMatrix(9, 6, 6).add(Matrix.eye(6).mul(3));
    const { inverse } = await import("ml-matrix");
    const two = { a: inverse(turn).mmul(one.a), b: one.b.mmul(turn) };
    const { effect, total } = await diffAdapters(adapterOf({ [Q]: one }), adapterOf({ [Q]: two }));
    expect(effect).toBe("rounding");
    expect(total.relative).toBeLessThan(1e-6);
  });

  it("sees a change far smaller than the root of a double's precision", async () => {
    const one = randomFactors(5, 40, 6, 30);
    const b = one.b.clone();
    b.set(3, 2, b.get(3, 2) + 1e-12);
    const { total } = await diffAdapters(adapterOf({ [Q]: one }), adapterOf({ [Q]: { a: one.a, b } }));
    const row = Math.hypot(...one.a.getRow(2));
    expect(total.absolute / (1e-12 * row)).toBeCloseTo(1, 3);
  });

  it("says what is twice as strong, opposite, and nothing", async () => {
    const one = randomFactors(5, 40, 6, 30);
    const times = (factor: number) => adapterOf({ [Q]: { a: one.a, b: Matrix.mul(one.b, factor) } });
    const relative = async (factor: number) => (await diffAdapters(times(1), times(factor))).total.relative;
    expect(await relative(2)).toBeCloseTo(0.5, 12);
    expect(await relative(-1)).toBeCloseTo(2, 12);
    expect(await relative(0)).toBeCloseTo(1, 12);
    expect(await diffAdapters(times(0), times(0))).toMatchObject({ effect: "same", total: { relative: 0 } });
  });

  it("takes a rank for no higher than the smaller side, whatever a file claims", async () => {
    for (const [out, into] of [
      [1, 1],
      [3, 40],
      [40, 3],
    ] as const) {
      const [one, two] = [randomFactors(1, out, 4096, into), randomFactors(2, out, 50, into)];
      const { total } = await diffAdapters(adapterOf({ [Q]: one }), adapterOf({ [Q]: two }));
      expect(total.absolute).toBeCloseTo(Matrix.sub(full(one), full(two)).norm("frobenius"), 8);
      expect(await diffAdapters(adapterOf({ [Q]: one }), adapterOf({ [Q]: one }))).toMatchObject({
        effect: "same",
      });
    }
    const high = adapterOf({ [Q]: { a: Matrix.ones(1025, 1100), b: Matrix.ones(1100, 1025) } });
    await expect(diffAdapters(high, high)).rejects.toMatchObject({ code: "RANK_TOO_HIGH" });
    const [tensor] = high.tensors as [DeltaTensor];
    const read = () => Promise.reject(new Error("read"));
    const sparse = { ...high, tensors: [{ ...tensor, rank: 8, inFeatures: 2 ** 40, read }] };
    await expect(diffAdapters(sparse, sparse)).rejects.toMatchObject({ code: "ADAPTER_INVALID" });
  });

  it("tells what one side alone has, and what has another shape", async () => {
    const first = adapterOf({
      a: randomFactors(1, 4, 1, 4),
      both: randomFactors(2, 4, 1, 4),
      c: randomFactors(3, 4, 1, 4),
    });
    const second = adapterOf({
      b: randomFactors(1, 4, 1, 4),
      both: randomFactors(2, 4, 1, 4),
      c: randomFactors(3, 4, 1, 5),
    });
    expect(await diffAdapters(first, second)).toMatchObject({
      tensors: [{ name: "both", absolute: 0 }],
      onlyFirst: ["a"],
      onlySecond: ["b"],
      reshaped: ["c"],
      effect: "different",
    });
  });

  it("refuses numbers whose squares are none", async () => {
    const one = adapterOf({ [Q]: { a: new Matrix([[1e200]]), b: new Matrix([[1e200]]) } });
    await expect(diffAdapters(one, one)).rejects.toMatchObject({ code: "ADAPTER_INVALID" });
  });
});
