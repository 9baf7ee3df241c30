// SPDX-License-Identifier: Apache-2.0
import { Matrix, QrDecomposition, SingularValueDecomposition } from "ml-matrix";
import { describe, expect, it } from "vitest";
import type { AdapterDeltas } from "./delta.ts";
import { overlapStack, type PairOverlap } from "./index.ts";
import { adapterOf, type Factors, full, randomFactors, randomMatrix } from "./random-deltas.test.support.ts";

const DOWN = "blk.0.ffn_down.weight";
const UP = "blk.0.ffn_up.weight";

async function overlapOf(first: AdapterDeltas, second: AdapterDeltas, scales = [1, 1]): Promise<PairOverlap> {
  const [pair] = await overlapStack([
    { name: "x", scale: scales[0] as number, deltas: first },
    { name: "y", scale: scales[1] as number, deltas: second },
  ]);
  return pair as PairOverlap;
}

const dot = (x: Matrix, y: Matrix) => Matrix.mul(x, y).sum();
const cosineOf = (x: Matrix, y: Matrix) => dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
const covariance = (factors: Factors) => full(factors).mmul(full(factors).transpose());

/** Cosines by orthonormal bases of the full matrices, largest first. */
function cosinesOf(x: Matrix, y: Matrix): number[] {
  const basis = (matrix: Matrix) => new QrDecomposition(matrix).orthogonalMatrix;
  return new SingularValueDecomposition(basis(x).transpose().mmul(basis(y)), { autoTranspose: true })
    .diagonal;
}

describe("overlapStack", () => {
  it.each([
    ["of one rank", 4, 4, 30, 20],
    ["of two ranks", 6, 3, 30, 20],
    ["in a narrow space", 5, 5, 8, 20],
  ])("gives per tensor what the full matrices do, %s", async (_, rank1, rank2, out, into) => {
    const [one, two] = [randomFactors(1, out, rank1, into), randomFactors(2, out, rank2, into)];
    const { tensors } = await overlapOf(adapterOf({ [UP]: one }), adapterOf({ [UP]: two }));
    const cosines = cosinesOf(one.b, two.b);
    expect(tensors[0]?.smallestAngle).toBeCloseTo(
      (Math.acos(Math.min(1, cosines[0] as number)) * 180) / Math.PI,
      5,
    );
    expect(tensors[0]?.shared).toBeCloseTo(cosines.reduce((sum, c) => sum + c * c, 0) / cosines.length, 8);
    expect(tensors[0]?.alike).toBeCloseTo(cosineOf(covariance(one), covariance(two)), 10);
    expect(tensors[0]?.cosine).toBeCloseTo(cosineOf(full(one), full(two)), 10);
  });

  it("adds up what all layers write to the residual stream", async () => {
    const layers = ["blk.0.attn_output.weight", "blk.0.ffn_down.weight", "blk.1.ffn_down.weight"];
    const make = (seed: number, names: string[]) =>
      Object.fromEntries(names.map((name, i) => [name, randomFactors(seed + i, 24, 3, 16)]));
    const [one, two] = [make(1, layers.slice(0, 2)), make(11, layers.slice(1))];
    const whole = (factors: Record<string, Factors>) =>
      Object.values(factors)
        .map(covariance)
        .reduce((sum, c) => Matrix.add(sum, c));
    const [x, y] = [whole(one), whole(two)];
    const found = await overlapOf(
      adapterOf({ ...one, [UP]: randomFactors(5, 40, 3, 16) }),
      adapterOf({ ...two, [UP]: randomFactors(6, 40, 3, 16) }),
    );
    expect(found.measuredIn).toBe("residual");
    expect(found.alike).toBeCloseTo(cosineOf(x, y), 10);
    expect(found.lift).toBeCloseTo((dot(x, y) * 24) / (x.trace() * y.trace()), 10);
  });

  it("estimates the residual stream of a wide model closely", async () => {
    const width = 700;
    const shared = randomMatrix(3, width, 6);
    const make = (seed: number, own: number) => {
      const b = Matrix.add(Matrix.mul(randomMatrix(seed, width, 6), own), shared);
      return { a: randomMatrix(seed + 50, 6, 20), b };
    };
    const [one, two] = [make(1, 1), make(2, 1.5)];
    const found = await overlapOf(adapterOf({ [DOWN]: one }), adapterOf({ [DOWN]: two }));
    const [x, y] = [covariance(one), covariance(two)];
    expect(Math.abs(found.alike - cosineOf(x, y))).toBeLessThan(0.05);
  });

  const base = randomFactors(7, 40, 5, 30);
  const turned = (factor: number) => ({ a: base.a, b: Matrix.mul(base.b, factor) });

  it("tells an ability that is there twice", async () => {
    const found = await overlapOf(adapterOf({ [DOWN]: base }), adapterOf({ [DOWN]: turned(0.5) }));
    expect(found.verdict).toBe("same");
    expect(found.cosine).toBeCloseTo(1, 12);
    expect(found.alike).toBeCloseTo(1, 12);
    expect(found.tensors[0]?.smallestAngle).toBeLessThan(0.001);
    expect(found.norms[1] / found.norms[0]).toBeCloseTo(0.5, 12);
  });

  it("tells one that takes the other back, also by a negative scale", async () => {
    const opposite = await overlapOf(adapterOf({ [DOWN]: base }), adapterOf({ [DOWN]: turned(-1) }));
    expect(opposite.verdict).toBe("opposite");
    expect(opposite.cosine).toBeCloseTo(-1, 12);
    const scaled = await overlapOf(adapterOf({ [DOWN]: base }), adapterOf({ [DOWN]: base }), [1, -0.5]);
    expect(scaled.verdict).toBe("opposite");
    expect(scaled.tensors[0]?.cosine).toBeCloseTo(-1, 12);
  });

  it("finds nothing between directions at right angles", async () => {
    const half = (start: number) => {
      const b = Matrix.zeros(40, 5);
      for (let i = 0; i < 5; i += 1) b.set(start + i, i, 1 + i);
      return adapterOf({ [DOWN]: { a: base.a, b } });
    };
    const found = await overlapOf(half(0), half(20));
    expect(found).toMatchObject({ verdict: "apart", alike: 0, lift: 0, cosine: 0 });
    expect(found.tensors[0]).toMatchObject({ smallestAngle: 90, shared: 0 });
  });

  it("warns where both write to the same directions from other inputs", async () => {
    const other = { a: randomMatrix(99, 5, 30), b: base.b };
    const found = await overlapOf(adapterOf({ [DOWN]: base }), adapterOf({ [DOWN]: other }));
    expect(found.verdict).toBe("fight");
    expect(Math.abs(found.cosine)).toBeLessThan(0.5);
    expect(found.tensors[0]?.shared).toBeCloseTo(1, 6);
  });

  it("takes padding with zeros for no direction", async () => {
    const padded = { a: randomMatrix(1, 9, 30), b: Matrix.zeros(40, 9) };
    padded.b.setSubMatrix(randomMatrix(2, 40, 5), 0, 0);
    const { tensors } = await overlapOf(adapterOf({ [UP]: base }), adapterOf({ [UP]: padded }));
    expect(tensors[0]?.shared).toBeCloseTo(
      cosinesOf(base.b, padded.b.subMatrix(0, 39, 0, 4)).reduce((sum, c) => sum + c * c, 0) / 5,
      8,
    );
  });

  it("takes a rank for no higher than the smaller side", async () => {
    const high = { a: randomMatrix(1, 4096, 2), b: randomMatrix(2, 40, 4096) };
    const { tensors } = await overlapOf(
      adapterOf({ [UP]: { ...base, a: randomMatrix(3, 5, 2) } }),
      adapterOf({ [UP]: high }),
    );
    const low = { a: randomMatrix(3, 5, 2), b: base.b };
    expect(tensors[0]?.cosine).toBeCloseTo(cosineOf(full(low), full(high)), 10);
    expect(tensors[0]?.alike).toBeCloseTo(cosineOf(covariance(low), covariance(high)), 10);
  });

  it("compares adapters that change nothing in common, or do nothing at all", async () => {
    const nothing = { a: base.a, b: Matrix.zeros(40, 5) };
    expect(await overlapOf(adapterOf({ [UP]: base }), adapterOf({ [DOWN]: base }))).toMatchObject({
      verdict: "apart",
      measuredIn: "nothing",
      alike: 0,
      cosine: 0,
    });
    expect(await overlapOf(adapterOf({ [DOWN]: base }), adapterOf({ [DOWN]: nothing }))).toMatchObject({
      verdict: "apart",
      alike: 0,
      cosine: 0,
    });
  });

  it("gives every pair once, and none for one ability", async () => {
    const member = (name: string, seed: number) => ({
      name,
      scale: 1,
      deltas: adapterOf({ [DOWN]: randomFactors(seed, 20, 2, 20) }),
    });
    const pairs = await overlapStack([member("a", 1), member("b", 2), member("c", 3)]);
    expect(pairs.map(({ first, second }) => first + second)).toEqual(["ab", "ac", "bc"]);
    expect(await overlapStack([member("a", 1)])).toEqual([]);
  });

  it("refuses adapters of two shapes, and numbers that are too large", async () => {
    const one = adapterOf({ [DOWN]: randomFactors(1, 20, 2, 20) });
    await expect(overlapOf(one, adapterOf({ [DOWN]: randomFactors(1, 24, 2, 20) }))).rejects.toMatchObject({
      code: "ADAPTER_INVALID",
    });
    const large = adapterOf({ [DOWN]: { a: new Matrix([[1e200]]), b: new Matrix([[1e200], [1]]) } });
    await expect(overlapOf(large, large)).rejects.toMatchObject({ code: "ADAPTER_INVALID" });
  });
});
