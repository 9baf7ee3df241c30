// SPDX-License-Identifier: Apache-2.0
/** Changing documents as they last came, with their ETags: a second look at an unchanged one costs a 304, or nothing. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Of } from "../digest.ts";
import { writeFileDurably } from "../store/index.ts";

export interface CachedDocument {
  /** Empty where the registry gave none. */
  etag: string;
  text: string;
}

export interface DocumentCache {
  /** @param path as in the URL: `/index/@demo/upper.json`, checked by whoever built it */
  read(path: string): Promise<CachedDocument | undefined>;
  write(path: string, document: CachedDocument): Promise<void>;
}

/** One directory a registry. Whatever is damaged or missing in it counts as not cached. */
export function openDocumentCache(cacheDirectory: string, registryUrl: string): DocumentCache {
  const file = (path: string) => join(cacheDirectory, "registries", sha256Of(registryUrl).slice(0, 16), path);
  return {
    async read(path) {
      const content = await readFile(file(path), "utf8").catch(() => undefined);
      const end = content?.indexOf("\n") ?? -1;
      return content === undefined || end < 0
        ? undefined
        : { etag: content.slice(0, end), text: content.slice(end + 1) };
    },
    // First line the ETag, then the document's own text.
    write: (path, { etag, text }) => writeFileDurably(file(path), `${etag}\n${text}`),
  };
}
