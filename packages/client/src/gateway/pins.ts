// SPDX-License-Identifier: Apache-2.0
/**
 * The files that a running gateway may have to load again. An install removes from `.lora/adapters/` what its stack no
 * longer names, and a server that dies in that moment must come back with what it had.
 *
 *     .lora/serve/<process id>/<sha256>.gguf     links; removed with the gateway
 *     .lora/serve/<process id>.json              where it listens, for `lora status`
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { linkBlob } from "../install/link.ts";
import { writeFileDurably } from "../store/index.ts";
import { makeDirectory } from "../store/make-directory.ts";

export interface Pins {
  /** The link of a file, made when it is not there. */
  pin(file: { sha256: string; path: string }): Promise<string>;
  /** Removes the links of all others. */
  keep(sha256s: readonly string[]): Promise<void>;
  /** Tells `lora status` where the gateway listens. */
  announce(url: string): Promise<void>;
  remove(): Promise<void>;
}

const announcementSchema = z.object({ pid: z.int().positive(), url: z.url() });
export type Announcement = z.output<typeof announcementSchema>;

const directoryOf = (project: string) => join(project, ".lora", "serve");

export async function openPins(project: string): Promise<Pins> {
  const own = join(directoryOf(project), String(process.pid));
  const note = `${own}.json`;
  await removeDead(project);
  await makeDirectory(own);
  await writeFileDurably(join(project, ".lora", ".gitignore"), "*\n");
  return {
    async pin({ sha256, path }) {
      const link = join(own, `${sha256}.gguf`);
      await linkBlob(path, link);
      return link;
    },
    async keep(sha256s) {
      const wanted = new Set(sha256s.map((sha256) => `${sha256}.gguf`));
      for (const name of await readdir(own).catch(() => []))
        if (!wanted.has(name)) await rm(join(own, name), { force: true });
    },
    announce: (url) => writeFileDurably(note, `${JSON.stringify({ pid: process.pid, url })}\n`, 0o600),
    async remove() {
      await rm(note, { force: true });
      await rm(own, { recursive: true, force: true });
    },
  };
}

/** The gateways that run for a project. */
export async function findGateways(project: string): Promise<Announcement[]> {
  const found: Announcement[] = [];
  for (const name of (await readdir(directoryOf(project)).catch(() => [])).sort()) {
    if (!/^\d+\.json$/.test(name)) continue;
    const text = await readFile(join(directoryOf(project), name), "utf8").catch(() => "");
    const parsed = announcementSchema.safeParse(parseJson(text));
    if (parsed.success && isAlive(parsed.data.pid)) found.push(parsed.data);
  }
  return found;
}

async function removeDead(project: string): Promise<void> {
  for (const name of await readdir(directoryOf(project)).catch(() => [])) {
    const pid = Number.parseInt(name, 10);
    if (pid > 0 && (pid === process.pid || !isAlive(pid)))
      await rm(join(directoryOf(project), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is somebody else's, and there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
