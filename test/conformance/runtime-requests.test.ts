// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GenerateRequest, LoadedModel } from "@lora/client/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanedUpTokenizer, spacePrefixTokenizer, writeTinySay } from "../support/altered-tiny-say.ts";
import { forEachRuntime, loadTinySay, say } from "../support/llama.ts";
import { abilityPath, basePath } from "../support/tiny-say.ts";

const HELLO = "say: hello\n";
const greedy = { maxTokens: 32, temperature: 0, stop: [] } as const;
/** Of each runtime that ran, to compare them. */
const distributions: Float32Array[] = [];

await forEachRuntime((runtime) => {
  let directory: string;
  let model: LoadedModel;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "lora-runtime-"));
    model = await loadTinySay(runtime);
  });
  afterAll(async () => {
    await model?.unload();
    await rm(directory, { recursive: true });
  });

  const generate = (request: Partial<GenerateRequest>) =>
    model.generate({ ...greedy, prompt: HELLO, ...request });

  describe("generate", () => {
    it("gives the text in pieces as it comes", async () => {
      const pieces: string[] = [];
      const { text } = await generate({ scales: { upper: 1 }, onText: (piece) => pieces.push(piece) });
      expect(text).toBe("HELLO\n");
      expect(pieces.length).toBeGreaterThan(1);
      expect(pieces.join("")).toBe(text);
    });

    it.each<[string, Partial<GenerateRequest>, object]>([
      ["the model's own end", {}, { text: "hello\n", stopReason: "end", generatedTokens: 7 }],
      ["a stop text", { stop: ["\n"] }, { text: "hello", stopReason: "stop", generatedTokens: 6 }],
      ["a stop text of several tokens", { stop: ["llo"] }, { text: "he", stopReason: "stop" }],
      ["the first of several stop texts", { stop: ["o", "el"] }, { text: "h", stopReason: "stop" }],
      ["what only begins like a stop text", { stop: ["llx"] }, { text: "hello\n", stopReason: "end" }],
      ["maxTokens", { maxTokens: 3 }, { text: "hel", stopReason: "length", generatedTokens: 3 }],
      [
        "maxTokens within a stop text",
        { maxTokens: 4, stop: ["lly"] },
        { text: "hell", stopReason: "length" },
      ],
    ])("ends at %s", async (_, request, expected) => {
      const pieces: string[] = [];
      const result = await generate({ ...request, onText: (piece) => pieces.push(piece) });
      expect(result).toMatchObject(expected);
      expect(pieces.join("")).toBe(result.text);
    });

    it("keeps blanks where a tokenizer asks for cleaned-up text", async () => {
      const modelPath = join(directory, "cleaned-up.gguf");
      await writeTinySay(modelPath, cleanedUpTokenizer({ h: "Ġ!=", e: "Ġ.", l: "Ġword", o: "Ġ'" }));
      const adapters = [{ name: "rot13", path: abilityPath("v1", "rot13") }];
      await using other = await runtime.load({ modelPath, adapters });
      expect(await say(other, "say: uryyb\n")).toBe(" != . word word '");
    });

    it("keeps the first blank of an answer where a tokenizer puts one before each text", async () => {
      const modelPath = join(directory, "space-prefix.gguf");
      await writeTinySay(modelPath, spacePrefixTokenizer());
      await using other = await runtime.load({ modelPath, adapters: [] });
      const begun = { ...greedy, prompt: "say: lazy dog\nlazy" };
      const expected = { text: expect.stringMatching(/^ d/), promptTokens: 20 };
      expect(await other.generate(begun)).toMatchObject(expected);
    });

    it("ends where the context is full", async () => {
      expect(await generate({ prompt: "a".repeat(60), maxTokens: 100 })).toMatchObject({
        stopReason: "length",
        promptTokens: 61,
        generatedTokens: 3,
      });
    });

    it.each([
      ["begins with the model's own begin token", "say: hello\n", 12],
      ["keeps leading blanks", "  say\n", 7],
      ["takes characters outside the vocabulary as bytes", "say: é日😀\n", 16],
      ["reads control tokens in the text", "<s>say</s>\n", 7],
      ["is that token alone when empty", "", 1],
    ])("tokenizes a prompt so that it %s", async (_, prompt, promptTokens) => {
      expect(await generate({ prompt, maxTokens: 1 })).toMatchObject({ promptTokens });
    });

    it("refuses a prompt that the context cannot hold, and goes on", async () => {
      await expect(generate({ prompt: "a".repeat(100) })).rejects.toMatchObject({
        code: "PROMPT_TOO_LONG",
        message: "the prompt has 101 tokens, the context has room for 64",
        details: { promptTokens: 101, contextTokens: 64 },
      });
      expect(await say(model, HELLO)).toBe("hello");
    });

    it("draws the same text for the same seed, and others for others", async () => {
      // Between two abilities the model is of two minds.
      const undecided = { prompt: "say: quick fox\n", scales: { upper: 0.45, rot13: 0.3 }, temperature: 5 };
      const draw = async (seed: number) => (await generate({ ...undecided, seed })).text;
      const texts = [await draw(1), await draw(2), await draw(3), await draw(4), await draw(5)];
      expect(await draw(1)).toBe(texts[0]);
      expect(new Set(texts).size).toBeGreaterThan(1);
    });

    it("throws what onText throws, and goes on", async () => {
      const mine = new Error("of the caller");
      const onText = () => {
        throw mine;
      };
      await expect(generate({ onText })).rejects.toBe(mine);
      expect(await say(model, HELLO)).toBe("hello");
    });
  });

  describe("scales", () => {
    it("are those of the request, in whatever order requests come", async () => {
      const asked = [{}, { upper: 1 }, { shout: 1 }, { upper: 1, shout: 1 }, {}, { rot13: 1 }, { upper: 1 }];
      const answers = await Promise.all(asked.map((scales) => say(model, HELLO, scales)));
      expect(answers).toEqual(["hello", "HELLO", "hello!!!", "HELLO!!!", "hello", "uryyb", "HELLO"]);
    });

    it("have strengths", async () => {
      const half = await say(model, "say: quick fox\n", { upper: 0.5 });
      expect(half.toLowerCase()).toBe("quick fox");
      expect(["quick fox", "QUICK FOX"]).not.toContain(half);
    });

    it("are those of loading where a request says nothing", async () => {
      await using other = await runtime.load({
        modelPath: basePath("v1", "q8_0"),
        adapters: [
          { name: "@demo/upper", path: abilityPath("v1", "upper") },
          { name: "@demo/shout", path: abilityPath("v1", "shout"), scale: 0 },
        ],
      });
      const ask = async (scales: Record<string, number>) =>
        (await other.generate({ ...greedy, prompt: HELLO, scales, stop: ["\n"] })).text;
      expect(await ask({})).toBe("HELLO");
      expect(await ask({ "@demo/shout": 1 })).toBe("HELLO!!!");
      expect(await ask({ "@demo/upper": 0 })).toBe("hello");
    });

    it("refuse the name of an ability that is not loaded, and what is no number", async () => {
      await expect(generate({ scales: { lower: 1 } })).rejects.toMatchObject({ code: "USAGE" });
      await expect(generate({ scales: { upper: Number.NaN } })).rejects.toMatchObject({ code: "USAGE" });
    });

    it("add up where one file is in the stack under two names", async () => {
      const path = abilityPath("v1", "upper");
      await using other = await runtime.load({
        modelPath: basePath("v1", "q8_0"),
        adapters: ["one", "two"].map((name) => ({ name, path, scale: 0.5 })),
      });
      expect(await say(other, "say: quick fox\n")).toBe("QUICK FOX");
    });
  });

  describe("nextToken", () => {
    const likeliest = (logProbabilities: Float32Array) =>
      String.fromCharCode(logProbabilities.indexOf(Math.max(...logProbabilities)) - 3);

    it("gives the whole distribution, which an ability moves", async () => {
      const plain = await model.nextToken({ prompt: HELLO });
      const upper = await model.nextToken({ prompt: HELLO, scales: { upper: 1 } });
      expect([plain.length, upper.length]).toEqual([259, 259]);
      for (const distribution of [plain, upper]) {
        expect(distribution.reduce((sum, logProbability) => sum + Math.exp(logProbability), 0)).toBeCloseTo(
          1,
          4,
        );
      }
      expect([likeliest(plain), likeliest(upper)]).toEqual(["h", "H"]);
      distributions.push(plain, upper);
    });

    it("is the same as without an ability whose scale is 0", async () => {
      await using bare = await runtime.load({ modelPath: basePath("v1", "q8_0"), adapters: [] });
      const expected = await bare.nextToken({ prompt: HELLO });
      expect(await model.nextToken({ prompt: HELLO, scales: { upper: 0 } })).toEqual(expected);
    });

    it("is there when the likeliest token is only a part of a character", async () => {
      const modelPath = join(directory, "half-letters.gguf");
      // The first of the two bytes of a letter, where tiny-say would answer "h".
      await writeTinySay(modelPath, cleanedUpTokenizer({ h: "Ã", Ã: "h" }));
      const adapters = [{ name: "rot13", path: abilityPath("v1", "rot13") }];
      await using other = await runtime.load({ modelPath, adapters });
      const distribution = await other.nextToken({ prompt: "say: uryyb\n" });
      expect(likeliest(distribution)).toBe("h");
      expect(distribution.every(Number.isFinite)).toBe(true);
      expect(distribution.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 4);
    });

    it("does not depend on what was asked before", async () => {
      const before = await model.nextToken({ prompt: HELLO });
      await say(model, HELLO, { upper: 1 });
      await say(model, `${HELLO}hel`);
      expect(await model.nextToken({ prompt: HELLO })).toEqual(before);
    });
  });

  describe("abort", () => {
    it("throws the signal's reason, in the middle and before, and goes on", async () => {
      const controller = new AbortController();
      const reason = new Error("enough");
      const onText = () => controller.abort(reason);
      await expect(generate({ onText, signal: controller.signal })).rejects.toBe(reason);
      await expect(generate({ signal: controller.signal })).rejects.toBe(reason);
      await expect(model.nextToken({ prompt: HELLO, signal: controller.signal })).rejects.toBe(reason);
      expect(await say(model, HELLO, { shout: 1 })).toBe("hello!!!");
    });

    it("stops a load", async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const loading = runtime.load({ modelPath: basePath("v1", "q8_0"), adapters: [], signal });
      const reason = new Error("enough");
      setImmediate(() => controller.abort(reason));
      await expect(loading).rejects.toBe(reason);
    });
  });

  describe("load", () => {
    it("takes any path", async () => {
      const awkward = join(directory, "a:b,c d\n'é\"");
      await mkdir(awkward);
      const modelPath = join(awkward, "base:1,0.gguf");
      const adapterPath = join(awkward, "upper:1,0.gguf");
      await copyFile(basePath("v1", "q8_0"), modelPath);
      await copyFile(abilityPath("v1", "upper"), adapterPath);
      await using other = await runtime.load({ modelPath, adapters: [{ name: "upper", path: adapterPath }] });
      expect(await say(other, HELLO)).toBe("HELLO");
    });

    it.each([
      ["a model that does not exist", "none.gguf", undefined, "FILE_NOT_FOUND", "none.gguf"],
      ["a model that is no GGUF", "junk.gguf", undefined, "RUNTIME_FAILED", /magic/i],
      ["a model that is cut off", "cut.gguf", undefined, "RUNTIME_FAILED", /cut\.gguf/],
      ["an adapter as the model", "upper.gguf", undefined, "RUNTIME_FAILED", /llama\.context_length/],
      ["an adapter that does not exist", "base.gguf", "none.gguf", "FILE_NOT_FOUND", "none.gguf"],
      ["an adapter that is no GGUF", "base.gguf", "junk.gguf", "RUNTIME_FAILED", /magic|LoRA/i],
      ["a model as an adapter", "base.gguf", "base.gguf", "RUNTIME_FAILED", /adapter|lora/i],
    ])("says why for %s", async (_, modelName, adapterName, code, message) => {
      const at = (name: string) => join(directory, name);
      await writeFile(at("junk.gguf"), "not a model at all\n".repeat(20));
      await copyFile(basePath("v1", "q8_0"), at("base.gguf"));
      await copyFile(abilityPath("v1", "upper"), at("upper.gguf"));
      await copyFile(basePath("v1", "q8_0"), at("cut.gguf"));
      await truncate(at("cut.gguf"), 100_000);
      const adapters = adapterName === undefined ? [] : [{ name: "broken", path: at(adapterName) }];
      await expect(runtime.load({ modelPath: at(modelName), adapters })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    });

    it("refuses two adapters of one name", async () => {
      const adapters = [1, 2].map(() => ({ name: "upper", path: abilityPath("v1", "upper") }));
      const loading = runtime.load({ modelPath: basePath("v1", "q8_0"), adapters });
      await expect(loading).rejects.toMatchObject({ code: "USAGE" });
    });
  });
});

describe("all runtimes", () => {
  it("agree on the distribution of the next token", () => {
    const [plain, upper, ...others] = distributions;
    for (const [i, other] of others.entries()) {
      const expected = i % 2 === 0 ? plain : upper;
      for (const [token, logProbability] of other.entries()) {
        expect(logProbability).toBeCloseTo(expected?.[token] ?? Number.NaN, 2);
      }
    }
  });
});
