// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { parsePackageName } from "../names.ts";
import { parseVersion } from "../versions.ts";
import { chooseAdapter } from "./index.ts";

type Adapters = Parameters<typeof chooseAdapter>[0];
type Fingerprint = NonNullable<Parameters<typeof chooseAdapter>[2]>;

const release = { name: parsePackageName("@demo/upper"), version: parseVersion("1.0.0") };
const [LLAMA, QWEN, OTHER] = ["a", "b", "c"].map((digit) => `lfp1:${digit.repeat(64)}` as Fingerprint);
const adapters = [
  { rank: 8, base: { name: "llama", fingerprint: LLAMA } },
  { rank: 32, base: { name: "llama", fingerprint: LLAMA } },
  { rank: 16, base: { name: "llama", fingerprint: LLAMA } },
  { rank: 64, base: { name: "qwen", fingerprint: QWEN } },
] as unknown as Adapters;

describe("the adapter of a release that is compared", () => {
  it("is the one for the base, of the highest rank as an install takes it", () => {
    expect(chooseAdapter(adapters, release, LLAMA)).toBe(adapters[1]);
    expect(chooseAdapter(adapters, release, QWEN)).toBe(adapters[3]);
    expect(chooseAdapter(adapters.slice(0, 3), release, undefined)).toBe(adapters[1]);
  });

  it("is asked for where there are several bases, and missing where none of them is the wanted one", () => {
    expect(() => chooseAdapter(adapters, release, undefined)).toThrow(
      expect.objectContaining({ code: "USAGE", hint: "name the base: --base FILE" }),
    );
    expect(() => chooseAdapter(adapters, release, OTHER)).toThrow(
      expect.objectContaining({ code: "BASE_MISMATCH" }),
    );
  });
});
