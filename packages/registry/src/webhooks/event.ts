// SPDX-License-Identifier: Apache-2.0
/**
 * What a webhook is told: an entry of the log, and what the registry knows besides.
 *
 *     {"type":"version.publish","timestamp":"2026-11-23T02:00:00.000Z","data":{
 *       "registry":"https://lora.example","package":"@acme/sql","version":"1.2.0","logIndex":17,
 *       "url":"https://lora.example/@acme/sql/1.2.0","private":false,"actor":{"kind":"account","name":"alice"},
 *       "release":{"id":"<sha256>","keyId":"<sha256>","files":[{"name":"lora.json","sha256":"…","sizeBytes":120}]}}}
 *
 * `release` is in a publish alone, `reason` in a yank and a takedown. `timestamp` is when the entry got into the log.
 */
import { createHash } from "node:crypto";
import type { LogEntry } from "@lora/client/transparency";

/** As the log's entries call them: `type` is `version.` and this. */
export const WEBHOOK_EVENTS = ["publish", "yank", "unyank", "takedown"] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
export type VersionEntry = Extract<LogEntry, { t: WebhookEvent }>;

/** Who acted. An account's name is public; what a token is called is not said. */
export type Actor =
  | { kind: "account"; name: string }
  | { kind: "ci"; provider: string; repository: string; workflow: string }
  | { kind: "operator" };

export interface ReleaseFile {
  name: string;
  sha256: string;
  sizeBytes: number;
}

export interface VersionAct {
  registry: string;
  index: number;
  entry: VersionEntry;
  at: Date;
  isPrivate: boolean;
  /** Null where it was not written down. */
  actor: Actor | null;
  reason: string | null;
  /** Of the release. */
  files: readonly ReleaseFile[];
}

export function isVersionEntry(entry: LogEntry): entry is VersionEntry {
  return (WEBHOOK_EVENTS as readonly string[]).includes(entry.t);
}

/** The bytes that are signed and sent. */
export function formatEvent({ registry, index, entry, at, ...act }: VersionAct): string {
  return JSON.stringify({
    type: `version.${entry.t}`,
    timestamp: at.toISOString(),
    data: {
      registry,
      package: entry.pkg,
      version: entry.version,
      logIndex: index,
      url: `${registry}/${entry.pkg}/${entry.version}`,
      private: act.isPrivate,
      actor: act.actor,
      ...(act.reason === null ? {} : { reason: act.reason }),
      ...(entry.t === "publish" ? { release: { id: entry.id, keyId: entry.keyid, files: act.files } } : {}),
    },
  });
}

/** What `lora-registry webhook test` sends. */
export function formatTestEvent(registry: string, at: Date): string {
  return JSON.stringify({ type: "webhook.test", timestamp: at.toISOString(), data: { registry } });
}

/**
 * The same for one act whoever sends it and however often: a receiver that two webhooks lead to hears of it twice under
 * one id.
 * @param entryBytes as they are in the log
 */
export function messageIdOf(registry: string, index: number, entryBytes: Uint8Array): string {
  const hash = createHash("sha256").update(`${registry}\n${index}\n`).update(entryBytes).digest("hex");
  return `msg_${hash.slice(0, 32)}`;
}
