// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";
import type { AccessOptions, Accounts } from "./accounts/index.ts";
import type { BlobStore } from "./blobs/index.ts";
import type { Database } from "./database/index.ts";
import type { DownloadCounter } from "./downloads/index.ts";
import type { LogWriter } from "./log/index.ts";
import type { ReadCache } from "./read-cache/index.ts";

/** What every route works with. */
export interface Deps {
  db: Database;
  blobs: BlobStore;
  /** What everybody may read, in memory. */
  cache: ReadCache;
  downloads: DownloadCounter;
  /** What the registry calls itself; signed into every release. */
  origin: string;
  /** Puts what was done into the log. */
  logWriter: LogWriter;
  /** Public halves of the keys of the log and of its clock, as `/registry.json` says them. */
  logKey: string;
  clockKey: string;
  log: Logger;
  limits: Limits;
  accounts: Accounts;
  access: AccessOptions;
}

export interface Limits {
  /** Of one file of a release. */
  maxBlobBytes: number;
  /** How long a client may take for the next bytes of a request, or to take the next bytes of an answer. */
  stallMs: number;
  /** How long a client may take for a whole JSON body. */
  jsonBodyMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  // S3 copies and takes objects of up to 5 GB in one request.
  maxBlobBytes: 4 * 1024 ** 3,
  stallMs: 30_000,
  jsonBodyMs: 30_000,
};
