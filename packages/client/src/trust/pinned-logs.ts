// SPDX-License-Identifier: Apache-2.0
/**
 * The logs that this user has met, `logs.json` beside the settings: as with SSH's known hosts, what a registry says of
 * itself at first use is what it must say ever after.
 *
 *     {"v":1,"logs":{"https://mirror.example":{"origin":"https://lora.example",
 *       "logKey":"lora.example/log+e3e305df+ARpc…","clockKey":"lora.example/clock+50e78f77+BIE5…",
 *       "pinnedAt":"2026-11-01T10:00:00.000Z"}}}
 *
 * The names are addresses as the settings have them. All addresses of one origin have one log.
 */

import { join } from "node:path";
import { z } from "zod";
import { LoraError } from "../errors.ts";
import { withFileLock } from "../file-lock/index.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { readDocument, writeFileDurably } from "../store/index.ts";
import { makeDirectory } from "../store/make-directory.ts";

const WAIT_MS = 60_000;

const pinnedLogSchema = z.strictObject({
  origin: z.string().max(300),
  logKey: z.string().max(1024),
  clockKey: z.string().max(1024),
  pinnedAt: z.iso.datetime(),
});
const fileSchema = z.strictObject({ v: z.literal(1), logs: z.record(z.string(), pinnedLogSchema) });

export type PinnedLog = z.output<typeof pinnedLogSchema>;
export type LogIdentity = Pick<PinnedLog, "origin" | "logKey" | "clockKey">;

const pathOf = (configDirectory: string) => join(configDirectory, "logs.json");

/** By address. @throws LoraError JSON_INVALID: pins that cannot be read are not the same as none */
export async function readPinnedLogs(configDirectory: string): Promise<Record<string, PinnedLog>> {
  const path = pathOf(configDirectory);
  const text = await readDocument(path);
  if (text === undefined) return {};
  return parseWith(fileSchema, parseStrictJson(text, path), { code: "JSON_INVALID", source: path }).logs;
}

/**
 * Holds what a registry says of its log against what is pinned.
 * @returns whether nothing is pinned for this address yet
 * @throws LoraError LOG_KEY_CHANGED
 */
export async function isFirstUse(configDirectory: string, url: string, said: LogIdentity): Promise<boolean> {
  const known = await readPinnedLogs(configDirectory);
  assertAsPinned(known, url, said);
  return known[url] === undefined;
}

/** Whether the user has met this log, at whatever address. */
export async function isKnownOrigin(configDirectory: string, { origin }: LogIdentity): Promise<boolean> {
  return Object.values(await readPinnedLogs(configDirectory)).some((pinned) => pinned.origin === origin);
}

/** @throws LoraError LOG_KEY_CHANGED where another process has pinned otherwise meanwhile */
export async function pinLog(
  configDirectory: string,
  url: string,
  said: LogIdentity,
  now: Date,
): Promise<void> {
  await changePins(configDirectory, (logs) => {
    assertAsPinned(logs, url, said);
    return { ...logs, [url]: { ...said, pinnedAt: now.toISOString() } };
  });
}

/** Forgets an address and all others of its origin. @returns the addresses */
export async function forgetLog(configDirectory: string, url: string): Promise<string[]> {
  const forgotten: string[] = [];
  await changePins(configDirectory, (logs) => {
    const origin = logs[url]?.origin;
    const kept = Object.entries(logs).filter(([each, pinned]) => {
      const goes = each === url || pinned.origin === origin;
      if (goes) forgotten.push(each);
      return !goes;
    });
    return Object.fromEntries(kept);
  });
  return forgotten;
}

function assertAsPinned(logs: Record<string, PinnedLog>, url: string, said: LogIdentity): void {
  const sameOrigin = Object.entries(logs).filter(([, { origin }]) => origin === said.origin);
  const own = logs[url];
  for (const [address, pinned] of own === undefined ? sameOrigin : [[url, own] as const, ...sameOrigin]) {
    const field = (["origin", "logKey", "clockKey"] as const).find((each) => pinned[each] !== said[each]);
    if (field === undefined) continue;
    throw new LoraError(
      "LOG_KEY_CHANGED",
      `${url} shows another ${FIELD_NAMES[field]} than ${address === url ? "at first use" : `${address} of the same origin`}: ${said[field]}, not ${pinned[field]}`,
      {
        hint: `if its operator says that this is right: lora trust forget ${address}`,
        details: { url, pinned, said },
      },
    );
  }
}

const FIELD_NAMES = { origin: "origin", logKey: "log key", clockKey: "clock key" } as const;

async function changePins(
  configDirectory: string,
  change: (logs: Record<string, PinnedLog>) => Record<string, PinnedLog>,
): Promise<void> {
  await makeDirectory(configDirectory);
  const path = pathOf(configDirectory);
  await withFileLock(
    `${path}.lock`,
    async () => {
      const logs = change(await readPinnedLogs(configDirectory));
      await writeFileDurably(path, `${JSON.stringify({ v: 1, logs }, null, 2)}\n`);
    },
    { wait: WAIT_MS },
  );
}
