// SPDX-License-Identifier: Apache-2.0
/**
 * What drives the log in a process. Whoever waits for an entry starts a step; all that were written meanwhile, by any
 * process, go into one batch; the next begins when that is committed. A process without anybody waiting looks from time
 * to time for what a killed one left, and lets the clock cosign.
 */
import { LoraError } from "@lora/client/errors";
import { EMPTY_EDGE } from "@lora/client/transparency";
import { inArray } from "drizzle-orm";
import type { Logger } from "pino";
import { isDatabaseUnavailable, tables } from "../database/index.ts";
import type { PendingEntry } from "./append.ts";
import { type LogDeps, type SettledEntry, sequencePending } from "./sequence.ts";

export interface LogWriter {
  /**
   * Waits until the entry is in the log. To be called once the transaction that wrote it is committed.
   * @throws LoraError LOG_HALTED, SERVICE_UNAVAILABLE: the entry stays, and gets in later
   */
  settle(entry: PendingEntry): Promise<SettledEntry>;
  /** To be asked before something is done that is to be logged. @throws LoraError LOG_HALTED */
  assertRunning(): void;
  /** Why the log signs nothing; undefined while it does. */
  halted(): LoraError | undefined;
  /** One step now. Returns whether there is more to do. @throws as a step does */
  step(): Promise<boolean>;
  /** Ends after the step under way. Who still waits is refused. */
  close(): Promise<void>;
}

interface Waiter {
  resolve(entry: SettledEntry): void;
  reject(error: unknown): void;
  deadline: number;
}

const SETTLE_MS = 20_000;
const IDLE_STEP_MS = 2000;
const CHECK_EVERY_MS = 60_000;
/** Until somebody's change of a package is over, and where a service does not answer. */
const RETRY_MS = 5;
const MAX_RETRY_MS = 500;

export function startLogWriter(deps: LogDeps, log: Logger): LogWriter {
  /** By the entry's pending id; several may wait for one. */
  const waiters = new Map<number, Waiter[]>();
  let edge = EMPTY_EDGE;
  /** At the start, and then where nothing was signed for long. */
  let checkAt = 0;
  let halt: LoraError | undefined;
  let running: Promise<void> | undefined;
  let isClosed = false;

  const step = async (): Promise<{ hasMore: boolean; isBusy: boolean }> => {
    try {
      const isChecked = halt !== undefined || performance.now() >= checkAt;
      const done = await sequencePending(deps, edge, isChecked);
      if (isChecked || done.settled.size > 0) checkAt = performance.now() + CHECK_EVERY_MS;
      edge = done.edge;
      if (halt !== undefined) log.info("the log goes on");
      halt = undefined;
      for (const [id, entry] of done.settled) tell(id, entry);
      await tellOthers();
      return { hasMore: done.hasMore, isBusy: done.hasMore && done.settled.size === 0 };
    } catch (error) {
      if (error instanceof LoraError && error.code === "LOG_HALTED") {
        if (halt === undefined) log.fatal({ err: error }, error.message);
        halt = error;
        refuseAll(error);
      }
      throw error;
    }
  };

  const tell = (id: number, entry: SettledEntry) => {
    for (const { resolve } of waiters.get(id) ?? []) resolve(entry);
    waiters.delete(id);
  };

  const refuseAll = (error: LoraError) => {
    for (const { reject } of [...waiters.values()].flat()) reject(error);
    waiters.clear();
  };

  /** Entries that another process has sequenced. */
  const tellOthers = async () => {
    if (waiters.size === 0) return;
    const { logEntries } = tables;
    const rows = await deps.db
      .select({ id: logEntries.pendingId, index: logEntries.index, receipt: logEntries.receipt })
      .from(logEntries)
      .where(inArray(logEntries.pendingId, [...waiters.keys()]));
    for (const { id, index, receipt } of rows) tell(id, { index, receipt });
  };

  const run = async () => {
    for (let retryMs = RETRY_MS, more = true; (more || waiters.size > 0) && !isClosed; ) {
      try {
        const { hasMore, isBusy } = await step();
        more = hasMore;
        if (isBusy) await sleep(RETRY_MS);
        retryMs = RETRY_MS;
      } catch (error) {
        if (halt !== undefined) break;
        if (!isTemporary(error)) log.error({ err: error }, "a step of the log failed");
        expire();
        more = false;
        await sleep(retryMs);
        retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
      }
    }
  };

  const expire = (now = performance.now()) => {
    for (const [id, all] of [...waiters]) {
      const waiting = all.filter(({ deadline }) => deadline > now);
      if (waiting.length > 0) waiters.set(id, waiting);
      else waiters.delete(id);
      for (const late of all) if (late.deadline <= now) late.reject(notInTime());
    }
  };

  const start = () => {
    running ??= run().finally(() => {
      running = undefined;
      if (waiters.size > 0 && !isClosed) start();
    });
  };

  const timer = setInterval(() => {
    expire();
    start();
  }, IDLE_STEP_MS);

  return {
    settle({ id }) {
      if (halt !== undefined) return Promise.reject(halt);
      if (isClosed) return Promise.reject(notInTime());
      return new Promise((resolve, reject) => {
        const waiter = { resolve, reject, deadline: performance.now() + SETTLE_MS };
        waiters.set(id, [...(waiters.get(id) ?? []), waiter]);
        start();
      });
    },
    assertRunning() {
      if (halt !== undefined) throw halt;
    },
    halted: () => halt,
    async step() {
      while (running !== undefined) await running;
      return (await step()).hasMore;
    },
    async close() {
      isClosed = true;
      clearInterval(timer);
      await running;
      refuseAll(notInTime());
    },
  };
}

function isTemporary(error: unknown): boolean {
  return isDatabaseUnavailable(error) || (error instanceof LoraError && error.code === "SERVICE_UNAVAILABLE");
}

function notInTime(): LoraError {
  return new LoraError("SERVICE_UNAVAILABLE", "what was asked is stored, and not in the registry's log yet", {
    hint: "send the request again: it then answers when it is",
  });
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
