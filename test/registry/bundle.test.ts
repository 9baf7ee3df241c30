// SPDX-License-Identifier: Apache-2.0
/** What a bundle may lose: the files that modules look for beside themselves or in other packages. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestRegistry, type TestRegistry } from "../support/registry.ts";

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry.stop());

it("draws pictures, with its font and its painter", async () => {
  const answer = await fetch(`${registry.url}/pictures/site.png`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
  const start = Buffer.from(await answer.arrayBuffer()).subarray(0, 24);
  expect([start.subarray(1, 4).toString(), start.readUInt32BE(16), start.readUInt32BE(20)]).toEqual([
    "PNG",
    1200,
    630,
  ]);
});

it("serves the catalog's styles and scripts", async () => {
  const page = await (await fetch(registry.url)).text();
  const assets = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  expect(assets.length).toBeGreaterThan(2);
  for (const path of assets) expect((await fetch(`${registry.url}${path}`)).status).toBe(200);
});

it("knows its own version, and comes with the licenses of what is in it", async () => {
  const registryPackage = new URL("../../packages/registry/", import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL("package.json", registryPackage), "utf8"));
  expect(registry.output().stdout).toContain(`lora-registry ${version} listens at`);
  const licenses = readFileSync(new URL("bundle/LICENSES.txt", registryPackage), "utf8");
  for (const name of ["better-auth", "drizzle-orm", "hono", "pino", "postgres", "zod"])
    expect(licenses).toMatch(new RegExp(`^${name} \\d`, "m"));
});
