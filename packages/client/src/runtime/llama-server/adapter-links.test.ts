// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { linkAdapters } from "./adapter-links.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lora-links-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

it.each([
  ["any path", "plain"],
  ["a temporary directory with a colon", "a:b,c"],
])("names files without colons and commas for %s", async (_, temporary) => {
  const source = join(directory, "a:1,b.gguf");
  await writeFile(source, "bytes");
  await mkdir(join(directory, temporary));
  vi.stubEnv("TMPDIR", join(directory, temporary));

  const links = await linkAdapters([source, source]);
  expect(links.paths).toHaveLength(2);
  for (const path of links.paths) {
    expect(path).not.toMatch(/[:,]/);
    expect(await readFile(resolve(links.cwd ?? ".", path), "utf8")).toBe("bytes");
  }
  expect((await stat(links.directory)).mode & 0o077).toBe(0);

  await links.remove();
  expect(await readdir(join(directory, temporary))).toEqual([]);
  expect(await readFile(source, "utf8")).toBe("bytes");
});
