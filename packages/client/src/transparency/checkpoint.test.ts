// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoraError } from "../errors.ts";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { randomText } from "./memory-log.test.support.ts";

describe("a checkpoint's text", () => {
  const root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

  it.each([
    ["the smallest", "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"],
    ["one with spaces in its origin", `go.sum database tree\n20852163\n${root}\n`],
    ["one with extension lines", `example.com/log\n7\n${root}\none\n— two\n`],
    ["the largest", `o\n${Number.MAX_SAFE_INTEGER}\n${root}\n`],
  ])("comes back as it was written: %s", (_what, text) => {
    expect(formatCheckpoint(parseCheckpoint(text))).toBe(text);
  });

  it.each([
    ["nothing", ""],
    ["two lines", "o\n1\n"],
    ["no origin", `\n1\n${root}\n`],
    ["an empty line", `o\n1\n${root}\n\n`],
    ["an empty extension line", `o\n1\n${root}\n\nmore\n`],
    ["no last line end", `o\n1\n${root}`],
    ["no size", `o\n\n${root}\n`],
    ["a word for a size", `o\nbananas\n${root}\n`],
    ["a negative size", `o\n-34\n${root}\n`],
    ["a signed size", `o\n+34\n${root}\n`],
    ["a zero in front", `o\n034\n${root}\n`],
    ["a size in hex", `o\n0x34\n${root}\n`],
    ["a fraction", `o\n3.4\n${root}\n`],
    ["a size with a space", `o\n34 \n${root}\n`],
    ["a size past 2^53", `o\n9007199254740992\n${root}\n`],
    ["a size past all bounds", `o\n3438945738945739845734895735\n${root}\n`],
    ["a root of seven bytes", "Log\n123\nYmFuYW5hcw==\n"],
    ["a root that is no base64", "Log\n123\nThisIsn'tBase64\n"],
    ["a root without padding", `o\n1\n${root.slice(0, -1)}\n`],
    ["a root in base64url", `o\n1\n${root.replace("/", "_")}\n`],
    ["stray bits behind the root", `o\n1\n${root.replace("I=", "J=")}\n`],
    ["a root for an empty log", `o\n0\n${root}\n`],
  ])("is refused with %s", (_what, text) => {
    expect(() => parseCheckpoint(text)).toThrow(expect.objectContaining({ code: "CHECKPOINT_INVALID" }));
  });

  it("throws nothing but LoraErrors for random text", () => {
    fc.assert(
      fc.property(randomText(60), (text) => {
        expect(() => parseCheckpoint(text)).toThrow(LoraError);
      }),
    );
  });
});
