// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../byte-source/index.ts";
import { assertBaseRecord } from "./assert-base-record.ts";
import { type BaseRecord, parseBaseRecord } from "./base-record.ts";
import { compareBaseSettings } from "./compare-bases.ts";
import { fingerprintBase } from "./fingerprint-base.ts";

const file = new URL("../../../../test/fixtures/tiny-say/v1/base-q4_0.gguf", import.meta.url);
const { record } = await fingerprintBase(bytesSource(new Uint8Array(readFileSync(file))));
const other = "0".repeat(64) as BaseRecord["components"]["structure"];
const BUILD = { sha256: other, sizeBytes: 124_960, quantization: "Q4_0" };

/** A record as it comes: JSON that a stranger wrote. */
const check = (changes: object) =>
  assertBaseRecord(parseBaseRecord(JSON.stringify({ ...record, ...changes }), "base"));
const withTensor = (name: string, dims: number[] | undefined) => ({
  tensors: { ...record.tensors, [name]: dims },
});

describe("a base record", () => {
  it("is read again as it was written, with names and builds that were added", () => {
    const full = { ...record, names: ["tiny-say", "Tiny Say v1"], builds: [BUILD] };
    const again = parseBaseRecord(JSON.stringify(full), "base");
    expect(again).toEqual(full);
    expect(() => assertBaseRecord(again)).not.toThrow();
  });

  it.each<[string, object]>([
    ["another fingerprint", { fingerprint: `lfp1:${other}` }],
    ["another architecture", { architecture: "qwen2" }],
    ["another structure", { components: { ...record.components, structure: other } }],
    ["another lineage", { components: { ...record.components, lineage: other } }],
    ["another tokenizer", { components: { ...record.components, tokenizer: other } }],
    ["other heads", { headCount: [8] }],
    ["other key/value heads", { headCountKv: [2] }],
    ["heads in another form", { headCount: [4, 4] }],
    ["another embedding length", { embeddingLength: 65 }],
    ["fewer blocks in the trunk", { trunkBlocks: 1 }],
    ["another shape of a tensor", withTensor("blk.0.attn_q.weight", [64, 65])],
    ["a trailing dimension", withTensor("blk.0.attn_q.weight", [64, 64, 1])],
    ["a tensor more", withTensor("blk.0.ffn_up_exps.weight", [64, 64, 8])],
    ["a tensor less", withTensor("blk.1.ffn_up.weight", undefined)],
    ["a block more", withTensor("blk.2.attn_norm.weight", [64])],
    ["a trunk cut short by a block for further tokens", withTensor("blk.1.nextn.x.weight", [64])],
    ["no output, though it says that it has one", withTensor("output.weight", undefined)],
    ["a tied embedding, though there is an output", { tiedEmbedding: true }],
    ["a fused qkv that is not there", { fusedQkv: true }],
    ["another vocabulary", { vocabularySize: 260 }],
    ["experts that are not there", { experts: 8 }],
  ])("is refused with %s", (_what, changes) => {
    expect(() => check(changes)).toThrow(
      expect.objectContaining({ name: "LoraError", code: "BASE_RECORD_INVALID" }),
    );
  });

  it.each<[string, object]>([
    ["a version of the future", { v: 2 }],
    ["an unknown key", { extra: 1 }],
    ["a fingerprint of another form", { fingerprint: "lfp2:00" }],
    ["a component that is no digest", { components: { ...record.components, lineage: "../../x" } }],
    ["a tensor named as a path", withTensor("../x", [1])],
    ["a name of 64 bytes", withTensor("x".repeat(64), [1])],
    ["a dimension of 0", withTensor("x", [0])],
    ["a dimension above 2^53", withTensor("x", [2 ** 60])],
    ["five dimensions", withTensor("x", [1, 1, 1, 1, 2])],
    ["a name of two lines", { names: ["a\nb"] }],
    ["a build without a digest", { builds: [{ ...BUILD, sha256: "x" }] }],
    ["a tensor list that is a list", { tensors: [[64]] }],
  ])("is refused at its form with %s", (_what, changes) => {
    expect(() => check(changes)).toThrow(
      expect.objectContaining({ name: "LoraError", code: "BASE_RECORD_INVALID" }),
    );
  });

  it("has no tensor named __proto__, whatever its text says", () => {
    const text = JSON.stringify(record).replace('"tensors":{', '"tensors":{"__proto__":[1],');
    const { tensors } = parseBaseRecord(text, "base");
    expect(Object.hasOwn(tensors, "__proto__")).toBe(false);
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype);
  });

  it("says where the fault is", () => {
    expect(() => check({ builds: [{ ...BUILD, sizeBytes: -1 }] })).toThrow(/^base: builds\[0\]\.sizeBytes: /);
    expect(() => parseBaseRecord("{", "base")).toThrow(expect.objectContaining({ code: "JSON_INVALID" }));
  });
});

describe("compareBaseSettings", () => {
  it("names the settings that differ, where both are known", () => {
    expect(
      compareBaseSettings(
        { ropeFreqBase: 10_000, normEpsilon: 1e-5 },
        { ropeFreqBase: 500_000, normEpsilon: 1e-5 },
      ),
    ).toEqual(["this model has rope.freq_base 500000, other builds of its base have 10000"]);
    expect(compareBaseSettings({ ropeFreqBase: 10_000 }, { normEpsilon: 1e-6 })).toEqual([]);
  });
});
