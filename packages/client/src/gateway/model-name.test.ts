// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { PackageName } from "../names.ts";
import { parseModelName } from "./model-name.ts";
import { listModelNames, type ServedStack, scalesOf } from "./served-stack.ts";

const adapter = (name: string, scale: number) => ({
  name: name as PackageName,
  version: "1.0.0",
  scale,
  sha256: `sha-${name}`,
  rank: 8,
  path: "",
});
const UPPER = "@demo/upper" as PackageName;
const SHOUT = "@demo/shout" as PackageName;
const LOUD = "@demo/loud" as PackageName;
const STACK: ServedStack = {
  directory: "/",
  model: { path: "", name: "tiny-say", fingerprint: "lfp1:0" as never },
  adapters: [adapter(SHOUT, 0.5), adapter(UPPER, 1)],
  abilities: new Map([
    [LOUD, [SHOUT, UPPER]],
    [SHOUT, [SHOUT]],
    [UPPER, [SHOUT, UPPER]],
  ]),
  runtimeArgs: [],
};
const scales = (model: string) => Object.fromEntries(scalesOf(STACK, model));

describe("parseModelName", () => {
  it.each([
    ["", "default"],
    ["default", "default"],
    ["base", "base"],
    ["@demo/upper", [{ name: UPPER, scale: undefined }]],
    [
      "@demo/upper:-0.5+@demo/shout",
      [
        { name: UPPER, scale: -0.5 },
        { name: SHOUT, scale: undefined },
      ],
    ],
    ["gpt-4o", undefined],
    ["@demo/upper+gpt", undefined],
    ["@demo", undefined],
    ["base+@demo/upper", undefined],
  ])("reads %j", (text, expected) => {
    expect(parseModelName(text)).toEqual(expected);
  });

  it.each(["@demo/upper:", "@demo/upper:x", "@demo/upper:1e9", "@demo/upper:101", "@demo/upper+@demo/upper"])(
    "refuses %j",
    (text) => {
      expect(() => parseModelName(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
    },
  );
});

describe("scalesOf", () => {
  it("takes the project's scales unless the name says others", () => {
    expect(scales("default")).toEqual({ "sha-@demo/shout": 0.5, "sha-@demo/upper": 1 });
    expect(scales("base")).toEqual({});
    expect(scales("@demo/shout")).toEqual({ "sha-@demo/shout": 0.5 });
    expect(scales("@demo/shout:2")).toEqual({ "sha-@demo/shout": 2 });
  });

  it("brings what an ability depends on, unless the name turns it off", () => {
    expect(scales("@demo/upper")).toEqual({ "sha-@demo/shout": 0.5, "sha-@demo/upper": 1 });
    expect(scales("@demo/upper:2+@demo/shout:0")).toEqual({ "sha-@demo/shout": 0, "sha-@demo/upper": 2 });
  });

  it("applies a bundle's scale to all that it brings", () => {
    expect(scales("@demo/loud")).toEqual({ "sha-@demo/shout": 0.5, "sha-@demo/upper": 1 });
    expect(scales("@demo/loud:0.5")).toEqual({ "sha-@demo/shout": 0.25, "sha-@demo/upper": 0.5 });
  });

  it("adds up where two packages have one file", () => {
    const twin = { ...adapter(UPPER, 1), name: "@demo/twin" as PackageName };
    const stack = { ...STACK, adapters: [...STACK.adapters, twin] };
    expect(scalesOf(stack, "default").get("sha-@demo/upper")).toBe(2);
  });

  it("lists what there is where a name is not served", () => {
    expect(() => scalesOf(STACK, "gpt-4o")).toThrow(
      /"gpt-4o".*default, base, @demo\/loud, @demo\/shout, @demo\/upper/,
    );
    expect(() => scalesOf(STACK, "@demo/upper+@demo/no")).toThrow(
      expect.objectContaining({ code: "NOT_FOUND" }),
    );
  });
});

describe("listModelNames", () => {
  it("has the base, the project's stack, each ability and each pair", () => {
    expect(listModelNames(STACK)).toEqual([
      "default",
      "base",
      "@demo/loud",
      "@demo/shout",
      "@demo/upper",
      "@demo/loud+@demo/shout",
      "@demo/loud+@demo/upper",
      "@demo/shout+@demo/upper",
    ]);
  });
});
