// SPDX-License-Identifier: Apache-2.0
/** Index files as they last came, with their ETags: a second look at an unchanged one costs a 304. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Of } from "../digest.ts";
import type { PackageName } from "../names.ts";
import { writeFileDurably } from "../store/index.ts";

export interface IndexCache {
  read(name: PackageName): Promise<{ etag: string; text: string } | undefined>;
  write(name: PackageName, etag: string, text: string): Promise<void>;
}

/** One directory a registry. Whatever is damaged or missing in it counts as not cached. */
export function openIndexCache(cacheDirectory: string, registryUrl: string): IndexCache {
  const path = (name: PackageName) =>
    join(cacheDirectory, "index", sha256Of(registryUrl).slice(0, 16), `${name}.json`);
  return {
    async read(name) {
      const content = await readFile(path(name), "utf8").catch(() => undefined);
      const end = content?.indexOf("\n") ?? -1;
      return content === undefined || end < 0
        ? undefined
        : { etag: content.slice(0, end), text: content.slice(end + 1) };
    },
    // First line the ETag, then the file's own text.
    write: (name, etag, text) => writeFileDurably(path(name), `${etag}\n${text}`),
  };
}
