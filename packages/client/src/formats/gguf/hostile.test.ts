// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../byte-source/index.ts";
import { fingerprintBase } from "../../fingerprint/index.ts";
import { readAdapter } from "./adapter.ts";
import { HOSTILE_ADAPTERS } from "./hostile-adapters.test.support.ts";
import { HOSTILE_BASES } from "./hostile-bases.test.support.ts";
import { openHostile } from "./hostile-file.test.support.ts";
import { rawAdapter, rawBase, rawGguf } from "./raw-gguf.test.support.ts";

describe("the files that the hostile ones are made from", () => {
  it("are accepted", async () => {
    const adapter = await readAdapter(bytesSource(rawGguf(rawAdapter())));
    expect(adapter).toMatchObject({ architecture: "llama", alpha: 8, rank: 4, targets: ["attn_q"] });
    const base = await fingerprintBase(bytesSource(rawGguf(rawBase())));
    expect(base).toMatchObject({ architecture: "llama", name: "small" });
  });
});

describe("a hostile adapter", () => {
  it.each(HOSTILE_ADAPTERS)("is refused: $name ($code)", async (file) => {
    await expect(readAdapter(openHostile(file))).rejects.toMatchObject({
      name: "LoraError",
      code: file.code,
    });
  });
});

describe("a hostile base", () => {
  it.each(HOSTILE_BASES)("is refused: $name ($code)", async (file) => {
    await expect(fingerprintBase(openHostile(file))).rejects.toMatchObject({
      name: "LoraError",
      code: file.code,
    });
  });
});

describe("a file that is cut off", () => {
  it("is refused at every length, as adapter and as base", async () => {
    const adapter = rawGguf(rawAdapter());
    const base = rawGguf(rawBase());
    for (let length = 0; length < adapter.length; length += 1)
      await expect(readAdapter(bytesSource(adapter.subarray(0, length)))).rejects.toMatchObject({
        code: "GGUF_INVALID",
      });
    // Its data is long, and one byte of it is like the other.
    for (let length = 0; length < base.length; length += length < 1000 ? 1 : 97)
      await expect(fingerprintBase(bytesSource(base.subarray(0, length)))).rejects.toMatchObject({
        code: "GGUF_INVALID",
      });
  });
});
