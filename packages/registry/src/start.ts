// SPDX-License-Identifier: Apache-2.0
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { LoraError } from "@lora/client/errors";
import { acquireFileLock } from "@lora/client/file-lock";
import { type Logger, pino } from "pino";
import { createApp } from "./app.ts";
import { ensureAdminToken } from "./auth/index.ts";
import { type BlobStore, openFileBlobStore, openS3BlobStore, type S3Options } from "./blobs/index.ts";
import {
  type DatabaseConnection,
  isDatabaseUnavailable,
  openPglite,
  openPostgres,
  readSetting,
} from "./database/index.ts";
import { DEFAULT_LIMITS, type Limits } from "./deps.ts";
import { closeGracefully, httpUrl, listen } from "./http/server.ts";
import { assertOriginKnown, settleOrigin } from "./origin.ts";

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
  /** S3; files in the data directory without it. */
  s3?: S3Options;
  /** The operator's own admin token. */
  adminToken?: string;
  log?: Logger;
  limits?: Partial<Limits>;
}

export interface RunningRegistry {
  /** Where it listens, which need not be what it calls itself. */
  url: string;
  origin: string;
  dataDirectory: string;
  /** Set when this start made it: it is stored as a hash and cannot be shown again. */
  adminToken: string | undefined;
  /** Takes no new requests, answers those under way, and gives everything back. */
  close(): Promise<void>;
}

export const DEFAULT_HOST = "127.0.0.1";
export const DEFAULT_PORT = 8719;
export const DEFAULT_DATA_DIRECTORY = "lora-registry-data";

const UPLOADS_KEPT_MS = 24 * 60 * 60 * 1000;
const SWEEP_EVERY_MS = 60 * 60 * 1000;

/**
 * Opens the data, applies the migrations and listens.
 * @throws LoraError DATA_LOCKED, USAGE, PERMISSION_DENIED, IO_FAILED, SERVICE_UNAVAILABLE; nothing stays open then
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<RunningRegistry> {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, log = pino({ level: "silent" }) } = options;
  const dataDirectory = resolve(options.dataDirectory ?? DEFAULT_DATA_DIRECTORY);
  const closers: Closer[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    if (options.databaseUrl === undefined || options.s3 === undefined) {
      closers.push(await lockDirectory(dataDirectory));
    }
    const { db, close: closeDatabase } = await openDatabase(options, dataDirectory);
    closers.push(closeDatabase);
    const blobs = await openBlobs(options, dataDirectory);
    const settled = await readSetting(db, "origin");
    if (settled === undefined) assertOriginKnown(options.origin, host);

    const { promise: appReady, resolve: setApp } = Promise.withResolvers<ReturnType<typeof createApp>>();
    // The origin may hold the port, which is known once the server listens: a request before that waits.
    const server = await listen(host, port, async (request, env) => (await appReady).fetch(request, env));
    closers.push(() => closeGracefully(server));

    const url = httpUrl(host, (server.address() as AddressInfo).port);
    const origin = await settleOrigin(db, options.origin, url);
    const adminToken = await ensureAdminToken(db, options.adminToken);
    setApp(createApp({ db, blobs, origin, log, limits: { ...DEFAULT_LIMITS, ...options.limits } }));
    closers.push(sweepUploads(blobs, log));
    log.info({ url, origin, dataDirectory }, "listening");
    return { url, origin, dataDirectory, adminToken, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Closer = () => void | Promise<void>;

/** @throws LoraError DATA_LOCKED: two PGlites on one directory corrupt it without a word */
async function lockDirectory(directory: string): Promise<Closer> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    const code = error.code === "EACCES" || error.code === "EPERM" ? "PERMISSION_DENIED" : "IO_FAILED";
    throw new LoraError(code, `the data directory ${directory} cannot be made: ${error.code}`, {
      cause: error,
    });
  });
  const path = join(directory, "lora-registry.lock");
  const lock = await acquireFileLock(path).catch((error: unknown) => {
    if (!(error instanceof LoraError) || error.code !== "DATA_LOCKED") throw error;
    const pid = error.details?.pid;
    const holder = pid === undefined ? "another registry" : `the registry with process id ${pid}`;
    throw new LoraError("DATA_LOCKED", `${holder} uses the data directory ${directory}`, {
      hint: "stop that one, or choose another directory with --data",
      ...(error.details === undefined ? {} : { details: error.details }),
    });
  });
  return () => lock.release();
}

function openDatabase({ databaseUrl }: RegistryOptions, directory: string): Promise<DatabaseConnection> {
  if (databaseUrl === undefined) return openPglite(join(directory, "db"));
  return openPostgres(databaseUrl).catch((error: unknown) => {
    if (!isDatabaseUnavailable(error)) throw error;
    throw new LoraError("SERVICE_UNAVAILABLE", "the database of DATABASE_URL cannot be reached", {
      cause: error,
    });
  });
}

function openBlobs({ s3 }: RegistryOptions, directory: string): Promise<BlobStore> {
  return s3 === undefined ? openFileBlobStore(join(directory, "blobs")) : openS3BlobStore(s3);
}

/** Removes uploads that nobody published, now and from time to time. Returns what ends that. */
function sweepUploads(blobs: BlobStore, log: Logger): Closer {
  const sweep = async () => {
    try {
      const swept = await blobs.sweep(new Date(Date.now() - UPLOADS_KEPT_MS));
      if (swept > 0) log.info({ swept }, "removed uploads that nobody published");
    } catch (error) {
      log.warn({ err: error }, "uploads that nobody published could not be removed");
    }
  };
  let running = sweep();
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, SWEEP_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
