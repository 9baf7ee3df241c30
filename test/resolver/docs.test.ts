// SPDX-License-Identifier: Apache-2.0
/** The examples of docs/resolver.md do what the page says. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LoraError } from "../../packages/client/src/errors.ts";
import { parseProjectManifest } from "../../packages/client/src/manifest/index.ts";
import { resolve } from "../../packages/client/src/resolver/index.ts";
import { parseScenarios } from "../support/scenario.ts";
import { LLAMA, NOW } from "../support/universe.ts";

const page = readFileSync(new URL("../../docs/resolver.md", import.meta.url), "utf8");
const EXAMPLE =
  /```text registry\n(?<registry>.*?)```\n```json lora.json\n(?<manifest>.*?)```\n```text outcome\n(?<outcome>.*?)```/gs;
const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const examples = [...page.matchAll(EXAMPLE)].map(({ groups = {}, index }) => {
  const heading = page
    .slice(0, index)
    .match(/^##+ .*$/gm)
    ?.at(-1);
  return { heading, registry: "", manifest: "", outcome: "", ...groups };
});

test("the page has its examples", () => {
  expect(examples).toHaveLength(6);
});

test.each(examples)("$heading", async ({ registry, manifest, outcome }) => {
  const [scenario] = parseScenarios(`## example\n${registry}=> \n`);
  if (scenario === undefined) expect.fail("no registry");
  const {
    dependencies = {},
    optionalDependencies,
    overrides,
    limits,
    policy,
  } = parseProjectManifest(manifest);
  const age = policy?.minReleaseAge;
  const result = await resolve(
    {
      base: LLAMA,
      dependencies,
      optionalDependencies,
      overrides,
      limits,
      policy: {
        scopes: policy?.scopes,
        minReleaseAge: Number.parseInt(age ?? "0", 10) * (UNIT_MS[age?.slice(-1) ?? "s"] ?? 0),
      },
      now: NOW,
    },
    scenario.universe,
  ).catch((thrown: unknown) => thrown);
  if (result instanceof LoraError) {
    expect(`error: ${result.message}\n\nhint: ${result.hint}`).toBe(outcome.trim());
    return;
  }
  const { packages, skippedOptional } = result as Awaited<ReturnType<typeof resolve>>;
  const lines = packages.map(({ name, version, adapter }) => {
    return `${name} ${version}${adapter && adapter.rank !== 8 ? ` rank ${adapter.rank}` : ""}`;
  });
  const skipped = skippedOptional.map(({ name, range, reason }) => `skipped ${name} ${range}: ${reason}`);
  expect([...lines, ...skipped].join("\n")).toBe(outcome.trim());
});
