// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { type Logger, pino } from "pino";
import { DEFAULT_ACCESS, openAccounts, sweepExpired } from "./accounts/index.ts";
import { createApp } from "./app.ts";
import { ensureAdminToken } from "./auth/index.ts";
import type { BlobStore } from "./blobs/index.ts";
import { type Database, readSetting, settleSetting } from "./database/index.ts";
import { DEFAULT_LIMITS } from "./deps.ts";
import { startDownloadCounter } from "./downloads/index.ts";
import { clientAddress } from "./http/client-address.ts";
import { httpUrl, listen } from "./http/server.ts";
import { limitSignIns } from "./limits/index.ts";
import { openLog } from "./log/index.ts";
import { createMetrics } from "./metrics/index.ts";
import { openData } from "./open-data.ts";
import { DEFAULT_DATA_DIRECTORY, DEFAULT_HOST, DEFAULT_PORT, type RegistryOptions } from "./options.ts";
import { assertOriginKnown, settleOrigin } from "./origin.ts";
import { answerKept, createReadCache, type Fetch, followChanges } from "./read-cache/index.ts";
import { countWaiting, startDeliveries } from "./webhooks/index.ts";

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
    const { database, blobs, close: closeData } = await openData(options, dataDirectory);
    closers.push(closeData);
    const { db } = database;
    const cache = createReadCache();
    await followChanges(database, cache);
    const secret = await settleSetting(db, "downloads-secret", randomBytes(32).toString("base64url"));
    const downloads = startDownloadCounter(db, secret, log);
    closers.push(downloads.close);
    const settled = await readSetting(db, "origin");
    if (settled === undefined) assertOriginKnown(options.origin, host);

    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { promise: appReady, resolve: appIsReady } = Promise.withResolvers<void>();
    let answer: Fetch = async (request, env) => {
      await appReady;
      return answer(request, env);
    };
    // After the listener and the log: what they do last is delivered too, where there is time.
    let closeDeliveries: Closer = () => {};
    closers.push(() => closeDeliveries());
    // After the listener: who waits for the log is answered first.
    let closeLog: Closer = () => {};
    closers.push(() => closeLog());
    // The origin may hold the port, which is known once the server listens: a request before that waits.
    const listener = await listen(host, port, (request, env) => answer(request, env), limits);
    closers.push(() => listener.close());

    const url = httpUrl(host, (listener.server.address() as AddressInfo).port);
    const origin = await settleOrigin(db, options.origin, url);
    const { logKey, witnesses, now } = options;
    const opened = await openLog({ db, blobs, origin, log, logKey, witnesses, now });
    closeLog = opened.logWriter.close;
    const adminToken = await ensureAdminToken(db, options.adminToken);
    const access = { ...DEFAULT_ACCESS, ...options.access };
    const isShared = options.databaseUrl !== undefined;
    const limitTries = limits.rates && limitSignIns(limits.rates, isShared ? db : undefined);
    const accounts = openAccounts(db, origin, access.signUp, limitTries);
    const metrics = createMetrics({
      isLogHalted: () => opened.logWriter.halted() !== undefined,
      countWaitingForWebhooks: () => countWaiting(db),
    });
    const { metricsToken, isPrivateReceiverAllowed = false } = options;
    const app = createApp({
      db,
      blobs,
      cache,
      downloads,
      metrics,
      metricsToken,
      isShared,
      origin,
      ...opened,
      log,
      limits,
      accounts,
      access,
      isPrivateReceiverAllowed,
    });
    answer = answerKept(
      cache,
      (request, env) => app.fetch(request, env),
      (path, incoming) => {
        metrics.countKept();
        if (!path.endsWith("/signature.json")) return;
        const { headers } = incoming;
        downloads.count(path, clientAddress(headers["x-forwarded-for"], incoming, access.trustedProxies));
      },
    );
    const deliveries = await startDeliveries({
      database,
      metrics,
      log,
      isPrivateAllowed: isPrivateReceiverAllowed,
    });
    closeDeliveries = deliveries.close;
    appIsReady();
    closers.push(sweepHourly(db, blobs, log));
    log.info({ url, origin, dataDirectory }, "listening");
    return { url, origin, dataDirectory, adminToken, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Closer = () => void | Promise<void>;

/** Removes uploads that nobody published, and logins that nobody ended, now and from time to time. Returns what ends that. */
function sweepHourly(db: Database, blobs: BlobStore, log: Logger): Closer {
  const sweepUploads = async () => {
    try {
      const swept = await blobs.sweep(new Date(Date.now() - UPLOADS_KEPT_MS));
      if (swept > 0) log.info({ swept }, "removed uploads that nobody published");
    } catch (error) {
      log.warn({ err: error }, "uploads that nobody published could not be removed");
    }
  };
  const sweepLogins = async () => {
    try {
      await sweepExpired(db);
    } catch (error) {
      log.warn({ err: error }, "logins that expired could not be removed");
    }
  };
  const sweep = async () => {
    await sweepUploads();
    await sweepLogins();
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
