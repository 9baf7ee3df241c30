// SPDX-License-Identifier: Apache-2.0
import type { Policy } from "@lora/client/transparency";
import type { Logger } from "pino";
import type { AccessOptions } from "./accounts/index.ts";
import type { S3Options } from "./blobs/index.ts";
import type { Limits } from "./deps.ts";

export const DEFAULT_HOST = "127.0.0.1";
export const DEFAULT_PORT = 8719;
export const DEFAULT_DATA_DIRECTORY = "lora-registry-data";

export interface RegistryOptions {
  /** Address to bind; default 127.0.0.1, so that nobody else reaches a registry that was just tried out. */
  host?: string;
  /** 0 takes a free one. Default 8719. */
  port?: number;
  /** Everything that is kept, as far as it is not in PostgreSQL and S3. Default ./lora-registry-data. */
  dataDirectory?: string;
  /** What the registry calls itself. Settled by the first start; default http://host:port. */
  origin?: string;
  /** PostgreSQL; PGlite in the data directory without it. */
  databaseUrl?: string;
  /** Whether opening the data applies migrations that it lacks. Default: it does; else such data is refused. */
  isMigrating?: boolean;
  /** S3; files in the data directory without it. */
  s3?: S3Options;
  /** The operator's own admin token. */
  adminToken?: string;
  /** The operator's own key for the log, in place of the one in the database. */
  logKey?: string;
  /** Who is asked to cosign the log's checkpoints. */
  witnesses?: Policy;
  /** Whether webhooks may go to addresses that are not public, and by http. Default: not. */
  isPrivateReceiverAllowed?: boolean;
  /** What the log takes for the time. */
  now?: () => Date;
  log?: Logger;
  limits?: Partial<Limits>;
  /** What whoever reads `/metrics` has to send as a bearer token. Default: only the machine itself may read it. */
  metricsToken?: string;
  /** Who gets an account, and whose word counts for one. */
  access?: Partial<AccessOptions>;
}
