// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { LoraError } from "../errors.ts";
import { type FileSource, openFileSource } from "../file-source/index.ts";
import type { BaseDirectory } from "../fingerprint/index.ts";

/** A directory on the disk. Whoever opens it disposes of it, and of all that was opened in it. */
export function openBaseDirectory(path: string): BaseDirectory & AsyncDisposable {
  const opened = new Map<string, FileSource>();
  return {
    name: path,
    async open(file) {
      const before = opened.get(file);
      if (before !== undefined) return before;
      try {
        const source = await openFileSource(join(path, file));
        opened.set(file, source);
        return source;
      } catch (error) {
        if (error instanceof LoraError && error.code === "FILE_NOT_FOUND") return undefined;
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      for (const source of opened.values()) await source[Symbol.asyncDispose]();
    },
  };
}
