// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../byte-source/index.ts";
import { compareNorms, type NormsOfBase } from "./compare-norms.ts";
import { fingerprintBase } from "./fingerprint-base.ts";
import { encodeNorms, readNormsFile } from "./norms-file.ts";

const read = (path: string) =>
  fingerprintBase(
    bytesSource(
      new Uint8Array(readFileSync(new URL(`../../../../test/fixtures/${path}`, import.meta.url))),
      path,
    ),
  );
const converted = (name: string) => read(`hugging-face-bases/${name}/converted.gguf`);
const [v1, v2, gemma, fp16] = await Promise.all([
  read("tiny-say/v1/base-q4_0.gguf"),
  read("tiny-say/v2/base-q8_0.gguf"),
  converted("gemma2"),
  converted("gemma2-fp16"),
]);

/** A base with these numbers as its only norm. */
const withNorm = (...numbers: number[]): NormsOfBase => ({
  record: v1.record,
  norms: [{ name: "output_norm.weight", data: new Uint8Array(Float32Array.from(numbers).buffer) }],
});

describe("compareNorms", () => {
  it("finds a Gemma that was saved as fp16 in the one that was not, from either side", () => {
    expect(compareNorms(gemma, fp16)).toMatchObject({ verdict: "rounded", coarser: "second", grid: "F16" });
    expect(compareNorms(fp16, gemma)).toMatchObject({ verdict: "rounded", coarser: "first", grid: "F16" });
    const { values, differing, largestDifference } = compareNorms(gemma, fp16);
    expect(values).toBe(9 * 16);
    expect(differing).toBeGreaterThan(0);
    // Half a step of F16 between 1 and 2.
    expect(largestDifference).toBeLessThanOrEqual(2 ** -11);
  });

  it("tells two versions of a base apart", () => {
    expect(compareNorms(v1, v2)).toMatchObject({ verdict: "different", values: 5 * 64 });
  });

  it("does not compare what has other tensors or tokens", () => {
    expect(compareNorms(v1, gemma)).toMatchObject({ verdict: "different", values: 0 });
    const record = {
      ...v1.record,
      components: { ...v1.record.components, tokenizer: v2.record.components.lineage },
    };
    expect(compareNorms(v1, { record, norms: v1.norms })).toMatchObject({ reason: "they have other tokens" });
  });

  it.each<[string, number[], number[], string]>([
    ["the same numbers", [1, 2], [1, 2], "equal"],
    ["zeros of two signs", [0], [-0], "equal"],
    ["rounded to F16", [1.0001, 3], [1, 3], "rounded"],
    ["rounded to BF16", [1.001, 70_000.5], [1, 70_144], "rounded"],
    ["half a step", [1 + 2 ** -11], [1], "rounded"],
    ["a step of F16, which rounds away on the grid of BF16", [1 + 2 ** -10], [1], "rounded"],
    ["a step of BF16 on both sides", [1 + 2 ** -7], [1], "different"],
    ["one number of many beyond rounding", [1.0001, 1.01, 2], [1, 1, 2], "different"],
    ["numbers that are on no grid", [1.0001], [1.0002], "different"],
    ["what is no number", [Number.NaN], [Number.NaN], "different"],
    ["infinity", [Number.POSITIVE_INFINITY], [1], "different"],
    ["subnormals of F16", [3.1e-8], [2 ** -24], "rounded"],
  ])("%s", (_what, x, y, verdict) => {
    expect(compareNorms(withNorm(...x), withNorm(...y)).verdict).toBe(verdict);
  });
});

describe("the file of norms", () => {
  it("is read again as it was written", async () => {
    expect(await readNormsFile(encodeNorms(gemma.norms), gemma.record)).toEqual(gemma.norms);
  });

  const { norms, record } = v1;
  const changed = norms.map(({ name, data }) => ({ name, data: data.with(0, (data[0] ?? 0) ^ 1) }));
  it.each<[string, Uint8Array, string]>([
    ["a bit that was changed", encodeNorms(changed), "NORMS_MISMATCH"],
    ["a norm that is missing", encodeNorms(norms.slice(1)), "NORMS_MISMATCH"],
    ["norms of another base", encodeNorms(v2.norms), "NORMS_MISMATCH"],
    [
      "a tensor that is no norm",
      encodeNorms([...norms, { name: "blk.0.attn_q.weight", data: new Uint8Array(4) }]),
      "NORMS_MISMATCH",
    ],
    ["no norms", encodeNorms([]), "FINGERPRINT_IMPOSSIBLE"],
    ["no safetensors", new Uint8Array(100), "SAFETENSORS_INVALID"],
    ["nothing", new Uint8Array(0), "SAFETENSORS_INVALID"],
  ])("is refused with %s", async (_what, bytes, code) => {
    await expect(readNormsFile(bytes, record)).rejects.toMatchObject({ name: "LoraError", code });
  });
});
