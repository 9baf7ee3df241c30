// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { formatVerifierKey, type Policy } from "@lora/client/transparency";
import { type Logger, pino } from "pino";
import type { BlobStore } from "../blobs/index.ts";
import { type Database, isDatabaseUnavailable } from "../database/index.ts";
import { type LogKeys, settleLogKeys } from "./keys.ts";
import { type LogWriter, startLogWriter } from "./log-writer.ts";
import { recordUnlogged } from "./record-unlogged.ts";
import { askWitnesses } from "./witnesses.ts";

export interface LogOptions {
  db: Database;
  blobs: BlobStore;
  origin: string;
  log?: Logger;
  /** The operator's own key for the log. */
  logKey?: string | undefined;
  /** Who is asked to cosign; without its quorum, if it has one, nothing gets into the log. */
  witnesses?: Policy | undefined;
  now?: (() => Date) | undefined;
}

export interface OpenLog {
  logWriter: LogWriter;
  logKey: string;
  clockKey: string;
}

/**
 * The registry's log, with what was done before it was kept, and its first checkpoint if it had none. A log that halts
 * is open too: what is in it can be read.
 * @throws LoraError USAGE, LOG_KEY_INVALID
 */
export async function openLog(options: LogOptions): Promise<OpenLog> {
  const { db, blobs, origin, witnesses } = options;
  const { log = pino({ level: "silent" }), now = () => new Date() } = options;
  const keys = await settleLogKeys(db, origin, options.logKey);
  const recorded = await recordUnlogged(db);
  if (recorded > 0) log.info({ recorded }, "what was done before there was a log is put into it");
  const asking = witnesses && askWitnesses({ db, witnesses, log });
  const writer = startLogWriter({ db, blobs, keys, origin, now, cosign: asking?.cosign }, log);
  await catchUp(writer, log);
  return {
    logWriter: {
      ...writer,
      async close() {
        await writer.close();
        await asking?.close();
      },
    },
    ...publicKeys(keys),
  };
}

async function catchUp(writer: LogWriter, log: Logger): Promise<void> {
  try {
    while (await writer.step());
  } catch (error) {
    const isExpected = error instanceof LoraError || isDatabaseUnavailable(error);
    if (!isExpected) throw error;
    log.error({ err: error }, "the log cannot be written to");
  }
}

function publicKeys({ log, clock }: LogKeys) {
  return { logKey: formatVerifierKey(log), clockKey: formatVerifierKey(clock) };
}
