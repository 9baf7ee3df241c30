// SPDX-License-Identifier: Apache-2.0
import { type HostileFile, hollowFile, hostileFile } from "./hostile-file.test.support.ts";
import { ADAPTER_LIMITS, BASE_LIMITS } from "./limits.ts";
import {
  ADAPTER_PAIRS,
  arrayPair,
  rawAdapter,
  rawBase,
  rawGguf,
  str,
  strPair,
} from "./raw-gguf.test.support.ts";

/** For tests: the largest files that pass as far as possible. What they cost is what a refusal may cost. */
const { pairs: basePairs = [] } = rawBase();

export const HEAVY_BASES: readonly HostileFile[] = [
  hollowFile("as many tensors as allowed", "FINGERPRINT_IMPOSSIBLE", () =>
    rawBase({
      tensors: Array.from({ length: BASE_LIMITS.maxTensors }, (_, i) => ({
        name: `blk.${i}.${"x".repeat(40)}.weight`,
        dims: [1, 1, 1, 2],
      })),
    }),
  ),
  hostileFile("a million tokens and their types, in a header as large as allowed", "GGUF_INVALID", () => {
    const count = 1_000_000;
    const token = str("12345678901");
    const tokens = new Uint8Array(count * token.length);
    for (let i = 0; i < count; i += 1) tokens.set(token, i * token.length);
    const types = new Uint8Array(4 * count);
    for (let i = 0; i < count; i += 1) types[4 * i] = 1;
    const pairs = basePairs.toSpliced(
      5,
      3,
      arrayPair("tokenizer.ggml.tokens", "string", count, tokens),
      arrayPair("tokenizer.ggml.token_type", "i32", count, types),
      // Wrong, which shows after everything else was hashed.
      strPair("tokenizer.ggml.merges", "x"),
    );
    return rawGguf(rawBase({ pairs }));
  }),
];

export const HEAVY_ADAPTERS: readonly HostileFile[] = [
  hollowFile("as many tensors as allowed", "ADAPTER_INVALID", () =>
    rawAdapter({
      tensors: Array.from({ length: ADAPTER_LIMITS.maxTensors }, (_, i) => ({
        name: `blk.${i >> 1}.${"x".repeat(38)}.weight.lora_${i % 2 === 0 ? "a" : "b"}`,
        // The last pair alone is wrong.
        dims: i === ADAPTER_LIMITS.maxTensors - 1 ? [2, 1] : [1, 1],
      })),
    }),
  ),
  hostileFile("as much text as a header may have", "ADAPTER_INVALID", () => {
    // One character outside Latin-1 makes each character of a string take two bytes.
    const text = `語${"x".repeat(ADAPTER_LIMITS.maxStringBytes - 3)}`;
    const pairs = Array.from({ length: 120 }, (_, i) => strPair(`general.base_model.${i}.description`, text));
    return rawGguf(rawAdapter({ pairs: [...ADAPTER_PAIRS, ...pairs], tensors: [] }));
  }),
];
