// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSentencePieces } from "../../formats/sentencepiece/index.ts";
import { fingerprintDirectory } from "./fingerprint-directory.ts";
import { memoryDirectory, readFixture } from "./memory-directory.test.support.ts";
import { REFUSED_CONFIGS } from "./refused-configs.test.support.ts";
import { REFUSED_TOKENIZERS } from "./refused-tokenizers.test.support.ts";
import { REFUSED_WEIGHTS } from "./refused-weights.test.support.ts";
import { parseTokenizerConfig, parseTokenizerJson } from "./tokenizer-files.ts";

const CASES = [...REFUSED_CONFIGS, ...REFUSED_WEIGHTS, ...REFUSED_TOKENIZERS];
const encode = (text: string) => new TextEncoder().encode(text);

describe("a directory", () => {
  it.each(CASES)("is refused with %s", async (_what, fixture, edit, code, message) => {
    const files = readFixture(fixture);
    edit(files);
    await expect(fingerprintDirectory(memoryDirectory(files))).rejects.toMatchObject({
      name: "LoraError",
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe("whatever the bytes of a tokenizer are", () => {
  const onlyLoraErrors = (parse: () => unknown) => {
    try {
      parse();
    } catch (error) {
      expect(error).toMatchObject({ name: "LoraError" });
    }
  };
  it("no other error than LoraError comes out", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        onlyLoraErrors(() => parseSentencePieces(bytes, "model"));
        onlyLoraErrors(() => parseTokenizerJson(bytes, "json"));
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        onlyLoraErrors(() => parseTokenizerConfig(encode(text), "config"));
        onlyLoraErrors(() => parseTokenizerJson(encode(`{"model":${text}}`), "json"));
        onlyLoraErrors(() => parseTokenizerJson(encode(`{"model":{"type":"BPE","vocab":${text}}}`), "json"));
      }),
    );
  });
});
