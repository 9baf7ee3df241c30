// SPDX-License-Identifier: Apache-2.0
/** Looking after a store: what is in it, whether it is still right, and what no project needs any more. */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isSha256, type Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { parseBundle } from "../signing/index.ts";
import { parseStatement } from "../signing/statement.ts";
import { fileError } from "./file-error.ts";
import type { BlobRef, Store } from "./store.ts";

/** What an install has fetched and not yet locked must not be taken away under it. */
export const PRUNE_GRACE_MS = 60 * 60 * 1000;

/** In no particular order. */
export async function listBlobs(store: Store): Promise<(BlobRef & { path: string; modifiedMs: number })[]> {
  const root = join(store.directory, "blobs", "sha256");
  const blobs = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile() || !isSha256(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = await stat(path);
    blobs.push({ sha256: entry.name as Sha256, sizeBytes: size, path, modifiedMs: mtimeMs });
  }
  return blobs;
}

/**
 * Hashes every blob.
 * @returns those that are not what their names say; with `repair` they are gone, and come again with the next install
 */
export async function verifyStore(
  store: Store,
  { repair, onBlob }: { repair: boolean; onBlob?: (done: number, total: number) => void },
): Promise<{ checked: number; corrupt: { sha256: Sha256; path: string }[] }> {
  const blobs = await listBlobs(store);
  const corrupt: { sha256: Sha256; path: string }[] = [];
  for (const [i, blob] of blobs.entries()) {
    try {
      await store.verifyBlob(blob);
    } catch (error) {
      if (!(error instanceof LoraError) || error.code !== "STORE_CORRUPT") throw error;
      corrupt.push({ sha256: blob.sha256, path: blob.path });
      if (repair) await store.removeBlob(blob.sha256);
    }
    onBlob?.(i + 1, blobs.length);
  }
  return { checked: blobs.length, corrupt };
}

/**
 * Removes blobs that no lockfile of a known project names, and beginnings of downloads; nothing younger than the grace.
 * @param lockedOf the releases and adapters that a project's lockfile names; undefined when the project is gone
 */
export async function pruneStore(
  store: Store,
  lockedOf: (project: string) => Promise<{ releaseIds: Sha256[]; blobs: Sha256[] } | undefined>,
  now = Date.now(),
): Promise<{ removed: number; removedBytes: number; keptProjects: string[] }> {
  const keep = new Set<Sha256>();
  const keptProjects: string[] = [];
  const projects = join(store.directory, "projects");
  for (const name of await readdir(projects).catch(() => [])) {
    const project = await readFile(join(projects, name), "utf8");
    const locked = await lockedOf(project);
    if (locked === undefined) {
      await rm(join(projects, name), { force: true });
      continue;
    }
    keptProjects.push(project);
    for (const sha256 of locked.blobs) keep.add(sha256);
    for (const id of locked.releaseIds) {
      const bundle = await store.readBundle(id);
      if (bundle === undefined) continue;
      for (const file of parseStatement(parseBundle(bundle).payload).files) keep.add(file.sha256);
    }
  }
  let removed = 0;
  let removedBytes = 0;
  const isOld = (modifiedMs: number) => now - modifiedMs > PRUNE_GRACE_MS;
  for (const blob of await listBlobs(store)) {
    if (keep.has(blob.sha256) || !isOld(blob.modifiedMs)) continue;
    await store.removeBlob(blob.sha256);
    removed += 1;
    removedBytes += blob.sizeBytes;
  }
  const partial = join(store.directory, "partial");
  for (const name of await readdir(partial).catch(() => [])) {
    const path = join(partial, name);
    try {
      const found = await stat(path);
      if (!isOld(found.mtimeMs)) continue;
      await rm(path, { force: true });
      removedBytes += found.size;
    } catch (cause) {
      throw fileError(cause, "read", path);
    }
  }
  return { removed, removedBytes, keptProjects };
}
