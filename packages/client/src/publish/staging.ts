// SPDX-License-Identifier: Apache-2.0
/** Files that are made before it is decided whether they are wanted, on the disk where they would come to lie. */
import { mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FileName } from "../names.ts";
import { syncDirectory } from "../store/durable-file.ts";
import { fileError } from "../store/index.ts";
import { removeOnSignal } from "../store/unfinished.ts";

export interface Staging extends AsyncDisposable {
  /** Where to write what is to become the file; its directory exists. */
  place(file: FileName): Promise<string>;
  /** Takes back what was placed. */
  drop(file: FileName): Promise<void>;
  /** Where the file's bytes are now: staged, or in the directory itself. */
  locate(file: string): string;
  readonly isEmpty: boolean;
  /** Moves all into the directory, each as a whole. A crash leaves some of them moved. */
  commit(): Promise<void>;
}

/**
 * Nothing is made before the first file is placed. Disposing and Ctrl-C remove whatever was not committed; a crash
 * leaves a directory whose name begins with `.tmp-`.
 * @param room where that directory is made: on the same disk if anything is to be committed
 * @throws LoraError DISK_FULL, PERMISSION_DENIED, IO_FAILED
 */
export function openStaging(directory: string, room = directory): Staging {
  let staged: string | undefined;
  let unfinished: Disposable | undefined;
  const files = new Set<FileName>();
  return {
    async place(file) {
      try {
        staged ??= await mkdtemp(join(room, ".tmp-"));
      } catch (cause) {
        throw fileError(cause, "write", room);
      }
      unfinished ??= removeOnSignal(staged);
      files.add(file);
      return join(staged, file);
    },
    async drop(file) {
      if (staged !== undefined && files.delete(file)) await rm(join(staged, file), { force: true });
    },
    locate: (file) =>
      staged !== undefined && files.has(file as FileName) ? join(staged, file) : join(directory, file),
    get isEmpty() {
      return files.size === 0;
    },
    async commit() {
      for (const file of files) {
        const target = join(directory, file);
        await rename(join(staged ?? "", file), target).catch((cause) => {
          throw fileError(cause, "write", target);
        });
        files.delete(file);
      }
      await syncDirectory(directory);
    },
    async [Symbol.asyncDispose]() {
      files.clear();
      if (staged !== undefined) await rm(staged, { recursive: true, force: true });
      unfinished?.[Symbol.dispose]();
    },
  };
}
