// SPDX-License-Identifier: Apache-2.0
import { parseScopeName } from "@lora/client/names";
import { describe, expect, it } from "vitest";
import { areConfusable } from "./similar.ts";

describe("scopes that look alike", () => {
  it.each([
    ["@demo", "@demo"],
    ["@acme-labs", "@acmelabs"],
    ["@acme-labs", "@ac-me-labs"],
    ["@micro", "@rnicro"],
    ["@micro", "@m1cro"],
    ["@wide", "@vvide"],
    ["@foo", "@f00"],
    ["@models", "@model"],
    ["@models", "@modells"],
    ["@models", "@moddls"],
    ["@models", "@modesl"],
    ["@models", "@xmodels"],
    ["@mistral", "@mlstral"],
  ])("%s and %s", (a, b) => {
    expect(areConfusable(parseScopeName(a), parseScopeName(b))).toBe(true);
    expect(areConfusable(parseScopeName(b), parseScopeName(a))).toBe(true);
  });
});

describe("scopes that can stand beside each other", () => {
  it.each([
    ["@demo", "@demo2"],
    ["@team1", "@team2"],
    ["@acme", "@acne"],
    ["@models", "@modules"],
    ["@models", "@moduls2"],
    ["@meta-llama", "@meta-ai"],
    ["@a", "@b"],
  ])("%s and %s", (a, b) => {
    expect(areConfusable(parseScopeName(a), parseScopeName(b))).toBe(false);
    expect(areConfusable(parseScopeName(b), parseScopeName(a))).toBe(false);
  });
});
