// SPDX-License-Identifier: Apache-2.0
/** The registry as containers have it, from a directory of its own: what a bundle may lose is files, not code. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RegistryProcess, startRegistryProcess } from "../support/registry-process.ts";

const ASSEMBLE = join(import.meta.dirname, "..", "..", "scripts", "assemble-registry.ts");
const run = promisify(execFile);

let directory: string;
let app: string;
let registry: RegistryProcess;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-assembled-"));
  app = join(directory, "app");
  await run(process.execPath, [ASSEMBLE, app]);
  registry = await startRegistryProcess({
    dataDirectory: join(directory, "data"),
    bin: join(app, "bin", "lora-registry.js"),
  });
});
afterAll(async () => {
  await registry?.end("SIGTERM");
  await rm(directory, { recursive: true, force: true });
});

it("draws pictures, with its font and its painter", async () => {
  const answer = await fetch(`${registry.url}/pictures/site.png`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
  const start = Buffer.from(await answer.arrayBuffer()).subarray(0, 24);
  expect(start.subarray(1, 4).toString()).toBe("PNG");
  expect([start.readUInt32BE(16), start.readUInt32BE(20)]).toEqual([1200, 630]);
});

it("serves the catalog's styles and scripts", async () => {
  const page = await (await fetch(registry.url)).text();
  const assets = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  expect(assets.length).toBeGreaterThan(2);
  for (const path of assets) expect((await fetch(`${registry.url}${path}`)).status).toBe(200);
});

it("knows its own version, and comes with the licenses of what is in it", async () => {
  const { version } = JSON.parse(await readFile(join(app, "package.json"), "utf8"));
  expect(registry.output().stdout).toContain(`lora-registry ${version} listens at`);
  const licenses = await readFile(join(app, "bundle", "LICENSES.txt"), "utf8");
  for (const name of ["better-auth", "drizzle-orm", "hono", "pino", "postgres", "zod"])
    expect(licenses).toMatch(new RegExp(`^${name} \\d`, "m"));
});

it("is not assembled over anything", async () => {
  await expect(run(process.execPath, [ASSEMBLE, directory])).rejects.toMatchObject({ code: 73 });
});
