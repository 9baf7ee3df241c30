// SPDX-License-Identifier: Apache-2.0
/**
 * llama-server splits `--lora-scaled FILE:SCALE,FILE:SCALE` at each colon and comma, with no way to escape them. It is
 * given links with plain names in a directory of our own, so that a file may be called anything.
 */
import { copyFile, link, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface AdapterLinks {
  /** Readable by this user alone. */
  readonly directory: string;
  /** In the order of the adapters; as llama-server must be told, seen from `cwd`. */
  readonly paths: readonly string[];
  /** Where llama-server must run; undefined for anywhere. */
  readonly cwd: string | undefined;
  remove(): Promise<void>;
}

/** @param adapters absolute paths */
export async function linkAdapters(adapters: readonly string[]): Promise<AdapterLinks> {
  const directory = await mkdtemp(join(tmpdir(), "lora-adapters-"));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const names = adapters.map((_, i) => `${i}.gguf`);
    for (const [i, name] of names.entries()) await linkFile(adapters[i] ?? "", join(directory, name));
    // A temporary directory that itself has a colon (every one on Windows) can only be named from inside.
    const inside = /[:,]/.test(directory);
    return {
      directory,
      paths: inside ? names : names.map((name) => join(directory, name)),
      cwd: inside ? directory : undefined,
      remove,
    };
  } catch (cause) {
    await remove();
    throw cause;
  }
}

/** Windows gives symbolic links to administrators only, and hard links within one volume only. */
async function linkFile(target: string, path: string): Promise<void> {
  await symlink(target, path)
    .catch(() => link(target, path))
    .catch(() => copyFile(target, path));
}
