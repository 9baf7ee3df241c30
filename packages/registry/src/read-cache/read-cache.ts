// SPDX-License-Identifier: Apache-2.0
/**
 * Answers that this process may give again without asking the database: documents that everybody may read, by path, and
 * sizes of blobs. Nothing of a private package is ever kept, so nobody's rights are asked for what is here.
 *
 *     index files    for INDEX_MS, and no longer than until somebody says that the package changed (changes.ts)
 *     the rest       never changes: until it is crowded out, or something is taken down
 */
import { LRUCache } from "lru-cache";
import type { Document } from "../http/document.ts";

/**
 * How old an index file may be when word of its change was lost: much less than its max-age. Mostly word comes at once.
 */
export const INDEX_MS = 1000;
const MAX_DOCUMENT_BYTES = 32 * 1024 ** 2;
/** Larger ones would crowd out all others. */
const MAX_ONE_DOCUMENT_BYTES = 1024 ** 2;
const MAX_BLOBS = 100_000;

export interface KeptDocument extends Document {
  body: Uint8Array<ArrayBuffer>;
}

/** What was true before something was read: what changed meanwhile must not be kept as it was. */
export type Reading = number & { readonly brand: unique symbol };

export interface ReadCache {
  document(path: string): KeptDocument | undefined;
  blobSizeBytes(sha256: string): number | undefined;
  /** To be called before the database is asked. */
  beginReading(): Reading;
  /**
   * @param path as clients that build it from names write it, of a document that everybody may read
   * @param maxAgeMs of one that may change
   */
  keepDocument(reading: Reading, path: string, document: Document, maxAgeMs?: number): void;
  keepBlobSize(reading: Reading, sha256: string, sizeBytes: number): void;
  /** The package's index file and versions are to be read anew. */
  forgetPackage(name: string): void;
  forgetAll(): void;
}

export function createReadCache(): ReadCache {
  const documents = new LRUCache<string, KeptDocument>({
    maxSize: MAX_DOCUMENT_BYTES,
    maxEntrySize: MAX_ONE_DOCUMENT_BYTES,
    // The rest is what an entry takes beside its bytes.
    sizeCalculation: ({ body }, path) => body.length + path.length + 500,
    ttlResolution: 100,
  });
  const blobs = new LRUCache<string, number>({ max: MAX_BLOBS });
  let changes = 0;
  return {
    document: (path) => documents.get(path),
    blobSizeBytes: (sha256) => blobs.get(sha256),
    beginReading: () => changes as Reading,
    keepDocument(reading, path, { body, ...rest }, maxAgeMs) {
      if (reading !== changes) return;
      const bytes = typeof body === "string" ? new Uint8Array(Buffer.from(body)) : body;
      documents.set(path, { body: bytes, ...rest }, maxAgeMs === undefined ? {} : { ttl: maxAgeMs });
    },
    keepBlobSize(reading, sha256, sizeBytes) {
      if (reading === changes) blobs.set(sha256, sizeBytes);
    },
    forgetPackage(name) {
      changes += 1;
      // It may be private from now on, and its blobs with it. Which those are is not known here.
      blobs.clear();
      documents.delete(`/index/${name}.json`);
      const versions = `/versions/${name}/`;
      for (const path of documents.keys()) if (path.startsWith(versions)) documents.delete(path);
    },
    forgetAll() {
      changes += 1;
      documents.clear();
      blobs.clear();
    },
  };
}
