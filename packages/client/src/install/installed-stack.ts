// SPDX-License-Identifier: Apache-2.0
/**
 * `.lora/`: what is installed in a project.
 *
 *     .lora/stack.json               what a runtime is to apply; replaced as a whole, last
 *     .lora/adapters/<sha256>.gguf   linked from the store; there before stack.json names them
 *
 * stack.json remembers size, time and inode of each adapter as it was when it was verified, so that a second look
 * costs a stat; anything else is hashed again or refused.
 */
import { lstat, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sha256Of } from "../digest.ts";
import { fingerprintSchema, packageNameSchema, sha256Schema, versionSchema } from "../documents/fields.ts";
import { LoraError } from "../errors.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import {
  formatLockfile,
  formatRequested,
  type Lockfile,
  type Project,
  requestedBy,
} from "../project/index.ts";
import { type DurableFile, fileError } from "../store/index.ts";

export const INSTALL_DIRECTORY = ".lora";

const stackSchema = z.strictObject({
  v: z.literal(1),
  /** What the project said when this was installed; anything else later means that the stack is stale. */
  /** False for an install that was not to be written down: then it need not be the lockfile's. */
  saved: z.boolean(),
  origin: z.strictObject({
    /** sha256 of the text of lora-lock.json, of the empty text where there was none. */
    lockfile: sha256Schema,
    /** sha256 of what lora.json asked for, in the form of the lockfile. */
    requested: sha256Schema,
  }),
  base: fingerprintSchema,
  adapters: z.array(
    z.strictObject({
      name: packageNameSchema,
      version: versionSchema,
      scale: z.number(),
      rank: z.int(),
      sha256: sha256Schema,
      sizeBytes: z.int(),
      stamp: z.string(),
    }),
  ),
});

export type InstalledStack = z.output<typeof stackSchema>;
export type InstalledAdapter = InstalledStack["adapters"][number];

export function adapterPath(projectDirectory: string, adapter: { sha256: string }): string {
  return join(projectDirectory, INSTALL_DIRECTORY, "adapters", `${adapter.sha256}.gguf`);
}

/** Undefined when nothing is installed, or what is there was not written by this version: then it is made anew. */
export async function readInstalledStack(projectDirectory: string): Promise<InstalledStack | undefined> {
  const path = join(projectDirectory, INSTALL_DIRECTORY, "stack.json");
  try {
    return parseWith(stackSchema, parseStrictJson(await readFile(path), path), {
      code: "JSON_INVALID",
      source: path,
    });
  } catch {
    return undefined;
  }
}

/** The files that record the stack, for a write together with what it came from. */
export function stackFiles(projectDirectory: string, stack: InstalledStack): DurableFile[] {
  const directory = join(projectDirectory, INSTALL_DIRECTORY);
  return [
    { path: join(directory, ".gitignore"), data: "*\n" },
    { path: join(directory, "stack.json"), data: `${JSON.stringify(stack, null, 2)}\n` },
  ];
}

/** Adapters and what a killed install leaves: nothing else in there is ours to remove. */
const OWN_FILE = /^(?:[0-9a-f]{64}\.gguf|\.tmp-[0-9a-f]+)$/;

/**
 * A repository can carry `.lora` as a link to anywhere: what is written and removed below it must be the project's.
 * @throws LoraError INSTALL_CORRUPT
 */
export async function assertOwnDirectories(projectDirectory: string): Promise<void> {
  const install = join(projectDirectory, INSTALL_DIRECTORY);
  for (const path of [install, join(install, "adapters")]) {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || found.isDirectory()) continue;
    throw new LoraError(
      "INSTALL_CORRUPT",
      `${path} is ${found.isSymbolicLink() ? "a link" : "a file"}, not a directory`,
      {
        hint: `remove it and install again: rm ${path}`,
        details: { path },
      },
    );
  }
}

/** Removes adapters that the stack does not name, and what killed installs left. */
export async function pruneAdapters(projectDirectory: string, stack: InstalledStack): Promise<void> {
  const directory = join(projectDirectory, INSTALL_DIRECTORY, "adapters");
  const wanted = new Set(stack.adapters.map(({ sha256 }) => `${sha256}.gguf`));
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((candidate) => OWN_FILE.test(candidate) && !wanted.has(candidate))) {
    // Everything is installed already: a file that stays costs room only.
    await rm(join(directory, name), { force: true }).catch(() => undefined);
  }
}

/** @param written the lockfile that the install writes, where it writes one */
export function stackOrigin(project: Project, written: Lockfile | undefined): InstalledStack["origin"] {
  const lockfileText = written === undefined ? (project.lockfileText ?? "") : formatLockfile(written);
  const requested = written?.requested ?? requestedBy(project.manifest);
  return { lockfile: sha256Of(lockfileText), requested: sha256Of(formatRequested(requested)) };
}

/** Whether the stack came from just this, has the lockfile's adapters, and each file is as it was when it was verified. */
export async function isStackIntact(
  projectDirectory: string,
  stack: InstalledStack,
  origin: InstalledStack["origin"],
  lockfile: Lockfile,
): Promise<boolean> {
  if (!isSameOrigin(stack.origin, origin) || !isStackOf(stack, lockfile)) return false;
  for (const adapter of stack.adapters) {
    if ((await stampOf(adapterPath(projectDirectory, adapter))) !== adapter.stamp) return false;
  }
  return true;
}

/** Whether the stack has just the lockfile's adapters, in its order, with its scales. */
export function isStackOf(stack: InstalledStack, lockfile: Lockfile): boolean {
  return (
    stack.adapters.length === lockfile.stack.length &&
    stack.adapters.every(({ name, scale, sha256 }, i) => {
      const wanted = lockfile.stack[i];
      return (
        name === wanted?.name && scale === wanted.scale && sha256 === lockfile.packages[name]?.adapter?.sha256
      );
    })
  );
}

export function isSameOrigin(a: InstalledStack["origin"], b: InstalledStack["origin"]): boolean {
  return a.lockfile === b.lockfile && a.requested === b.requested;
}

/** Size, modification time and inode, which change when somebody writes to the file. Empty when it is not there. */
export async function stampOf(path: string): Promise<string> {
  try {
    const found = await stat(path, { bigint: true });
    return `${found.size} ${found.mtimeNs} ${found.ino}`;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "";
    throw fileError(cause, "read", path);
  }
}
