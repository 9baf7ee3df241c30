// SPDX-License-Identifier: Apache-2.0
/** A directory that becomes a registry's mirror, or is one and is brought up to date. */
import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { acquireFileLock } from "@lora/client/file-lock";
import { fileError, makeDirectory, writeFileDurably, writeStreamDurably } from "@lora/client/store";
import {
  assertMirrorOf,
  blobPath,
  type Mirror,
  type MirrorCounts,
  type MirroredFile,
  originOfMirror,
  PRUNED,
} from "./mirror.ts";

/** Holds the mirror for one export. No client asks for it. */
const LOCK = ".export.lock";

/**
 * @param info of the registry, as `/registry.json` says it
 * @throws LoraError USAGE, DATA_LOCKED, PERMISSION_DENIED, IO_FAILED, DISK_FULL
 */
export async function openMirrorDirectory(directory: string, info: MirroredFile): Promise<Mirror> {
  await makeDirectory(directory).catch((error: unknown) => {
    throw fileError(error, "write", directory);
  });
  await assertOurs(directory, originOfMirror(info.bytes));
  const lock = await acquireFileLock(join(directory, LOCK));
  const counts: MirrorCounts = { written: 0, kept: 0, removed: 0 };
  const current = new Set<string>();
  const at = (path: string) => join(directory, path);

  const mirror: Mirror = {
    counts,
    async write(path, { bytes }) {
      current.add(at(path));
      const found = await readFile(at(path)).catch(() => undefined);
      if (found !== undefined && Buffer.compare(found, bytes) === 0) {
        counts.kept += 1;
        return;
      }
      await writeFileDurably(at(path), bytes);
      counts.written += 1;
    },
    async writeBlob({ sha256, sizeBytes }, open) {
      const path = blobPath(sha256);
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
  assertMirrorOf(origin, found, directory, "name a directory that is new or empty");
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
