// SPDX-License-Identifier: Apache-2.0
/** Files that are whole or absent, whatever is killed when: written beside their place, synced, renamed. */
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileError } from "./file-error.ts";
import { makeDirectory } from "./make-directory.ts";
import { temporaryPath } from "./temporary-path.ts";

export interface DurableFile {
  path: string;
  data: string | Uint8Array;
  /** Permission bits of the new file. */
  mode?: number;
}

/**
 * Replaces each file as a whole, in order, once all of them are on the disk: a full disk changes none.
 * A crash leaves each of them old or new, a later one never new while an earlier one is old.
 * @throws LoraError DISK_FULL, PERMISSION_DENIED, IO_FAILED
 */
export async function writeFilesDurably(files: readonly DurableFile[]): Promise<void> {
  const staged: { file: DurableFile; temporary: string }[] = [];
  let current = files[0]?.path ?? "";
  try {
    for (const file of files) {
      current = file.path;
      await makeDirectory(dirname(file.path));
      const temporary = temporaryPath(file.path);
      staged.push({ file, temporary });
      await writeSynced(temporary, file);
    }
    for (const { file, temporary } of staged) {
      current = file.path;
      await rename(temporary, file.path);
      await syncDirectory(dirname(file.path));
    }
  } catch (cause) {
    for (const { temporary } of staged) await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(cause, "write", current);
  }
}

export async function writeFileDurably(
  path: string,
  data: string | Uint8Array,
  mode?: number,
): Promise<void> {
  await writeFilesDurably([mode === undefined ? { path, data } : { path, data, mode }]);
}

async function writeSynced(path: string, { data, mode = 0o644 }: DurableFile): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename in the directory survive a power cut. Windows has no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
