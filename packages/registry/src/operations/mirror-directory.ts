// SPDX-License-Identifier: Apache-2.0
/**
 * A directory that becomes a registry's mirror, or is one and is brought up to date. Every file is whole under its name or
 * not there, whatever is killed when. `registry.json` comes first and says whose mirror it is: a directory that holds
 * anything else is not touched.
 */
import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseRegistryInfo } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { acquireFileLock } from "@lora/client/file-lock";
import { fileError, makeDirectory, writeFileDurably, writeStreamDurably } from "@lora/client/store";

/** Holds the mirror for one export. No client asks for it. */
const LOCK = ".export.lock";
/** Where what is no longer served is removed. The log only ever grows. */
const PRUNED = ["bases", "blobs", "index", "scopes", "versions"];

export interface MirrorCounts {
  written: number;
  kept: number;
  removed: number;
}

export interface MirrorDirectory extends AsyncDisposable {
  readonly counts: MirrorCounts;
  /** Replaces the file unless it has these bytes already. @param path as it is asked for: `/index/@demo/upper.json` */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * The same of a file that never changes: one of that size that is there is not read again.
   * @param open begins to read it; what that throws, and the chunks, leaves no file
   */
  writeOnce(path: string, sizeBytes: number, open: () => Promise<AsyncIterable<Uint8Array>>): Promise<void>;
  /** Removes what was not written, and not kept, since it was opened. */
  prune(): Promise<void>;
}

/**
 * @param info of the registry, as `/registry.json` says it
 * @throws LoraError USAGE, DATA_LOCKED, PERMISSION_DENIED, IO_FAILED, DISK_FULL
 */
export async function openMirrorDirectory(directory: string, info: Uint8Array): Promise<MirrorDirectory> {
  await makeDirectory(directory).catch((error: unknown) => {
    throw fileError(error, "write", directory);
  });
  await assertOurs(directory, parseRegistryInfo(info, "registry.json").origin);
  const lock = await acquireFileLock(join(directory, LOCK));
  const counts: MirrorCounts = { written: 0, kept: 0, removed: 0 };
  const current = new Set<string>();
  const at = (path: string) => join(directory, path);

  const mirror: MirrorDirectory = {
    counts,
    async write(path, bytes) {
      current.add(at(path));
      const found = await readFile(at(path)).catch(() => undefined);
      if (found !== undefined && Buffer.compare(found, bytes) === 0) {
        counts.kept += 1;
        return;
      }
      await writeFileDurably(at(path), bytes);
      counts.written += 1;
    },
    async writeOnce(path, sizeBytes, open) {
      if (current.has(at(path))) return;
      current.add(at(path));
      const found = await lstat(at(path)).catch(() => undefined);
      if (found?.isFile() && found.size === sizeBytes) {
        counts.kept += 1;
        return;
      }
      await makeDirectory(dirname(at(path)));
      await writeStreamDurably(at(path), await open());
      counts.written += 1;
    },
    async prune() {
      for (const top of PRUNED) counts.removed += await removeOthers(at(top), current);
    },
    [Symbol.asyncDispose]: () => lock.release(),
  };
  try {
    await mirror.write("/registry.json", info);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return mirror;
}

/** @throws LoraError USAGE */
async function assertOurs(directory: string, origin: string): Promise<void> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw fileError(error, "read", directory);
  });
  const found = names.includes("registry.json")
    ? await readFile(join(directory, "registry.json")).catch(() => undefined)
    : undefined;
  const isStarted = names.some(
    (name) => name !== LOCK && !name.startsWith(LOCK) && !name.startsWith(".tmp-"),
  );
  if (found === undefined && !isStarted) return;
  const owner = found === undefined ? undefined : readOrigin(found);
  if (owner === origin) return;
  const what = owner === undefined ? "is not empty, and no mirror" : `is a mirror of ${owner}`;
  throw new LoraError("USAGE", `${directory} ${what}`, { hint: "name a directory that is new or empty" });
}

function readOrigin(bytes: Uint8Array): string | undefined {
  try {
    return parseRegistryInfo(bytes, "registry.json").origin;
  } catch {
    return undefined;
  }
}

async function removeOthers(directory: string, current: ReadonlySet<string>): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const others = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !current.has(path));
  for (const path of others) await rm(path, { force: true });
  return others.length;
}
