// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "pino";
import type { AccessOptions, Accounts } from "./accounts/index.ts";
import type { BlobStore } from "./blobs/index.ts";
import type { Database } from "./database/index.ts";
import type { DownloadCounter } from "./downloads/index.ts";
import {
  DEFAULT_RATE_LIMITS,
  DEFAULT_UPLOAD_BYTES,
  type RateLimits,
  type ScopeQuota,
} from "./limits/index.ts";
import type { LogWriter } from "./log/index.ts";
import type { Metrics } from "./metrics/index.ts";
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
  metrics: Metrics;
  /** What whoever reads the metrics has to know; undefined where only the machine itself may. */
  metricsToken?: string | undefined;
  /** Whether other processes share the database, and limits of rates with it. */
  isShared: boolean;
  limits: Limits;
  accounts: Accounts;
  access: AccessOptions;
  /** Whether webhooks may go to the operator's own network. Default: not. */
  isPrivateReceiverAllowed?: boolean;
}

export interface Limits {
  /** Of one file of a release. */
  maxBlobBytes: number;
  /** How long a client may take for the next bytes of a request, or to take the next bytes of an answer. */
  stallMs: number;
  /** How long a client may take for the headers of a request. */
  headersMs: number;
  /** How long a connection may stand by between two requests. */
  idleMs: number;
  /** How long a client may take for a whole JSON body. */
  jsonBodyMs: number;
  /** Undefined for none. */
  rates: RateLimits | undefined;
  /** Of every scope. */
  scopeQuota: ScopeQuota;
  /** What one account may bring within a day; undefined for as much as there is. */
  uploadBytes: number | undefined;
}

export const DEFAULT_LIMITS: Limits = {
  // S3 copies and takes objects of up to 5 GB in one request.
  maxBlobBytes: 4 * 1024 ** 3,
  stallMs: 30_000,
  headersMs: 10_000,
  // Longer than clients keep an idle connection, so that they, not the server, drop it: a drop may cross a request.
  idleMs: 30_000,
  jsonBodyMs: 30_000,
  rates: DEFAULT_RATE_LIMITS,
  scopeQuota: {},
  uploadBytes: DEFAULT_UPLOAD_BYTES,
};
