// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { outcomeOf, parseScenarios } from "../support/scenario.ts";

const directory = new URL("./scenarios/", import.meta.url);

describe.each(readdirSync(directory).sort())("%s", (file) => {
  const scenarios = parseScenarios(readFileSync(new URL(file, directory), "utf8"));
  test.each(scenarios)("$title", async (scenario) => {
    expect(await outcomeOf(scenario)).toBe(scenario.outcome);
  });
});
