// SPDX-License-Identifier: Apache-2.0
/**
 * Watching a scope: everything that the log says of it and of its packages, and whether its owners expected that. Where
 * the watch stopped is kept in `logs/<id>/monitor/@scope.json`, so that nothing is told twice or missed:
 *
 *     {"v":1,"next":652,"last":{"@acme":{"index":7,"seq":1},"@acme/sql":{"index":651,"seq":4}}}
 */
import { join } from "node:path";
import { z } from "zod";
import type { Sha256 } from "../digest.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { type ScopeName, scopeOf } from "../names.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import { readDocument, writeFileDurably } from "../store/index.ts";
import { type LogEntry, subjectOf } from "../transparency/index.ts";
import { followLog } from "./follow-log.ts";
import { logId } from "./log-state.ts";
import { openTrustedLog, type TrustDeps, type TrustedLog } from "./trusted-log.ts";

const placeSchema = z.strictObject({
  v: z.literal(1),
  next: z.int().min(0),
  last: z.record(z.string(), z.strictObject({ index: z.int(), seq: z.int() })),
});
type Place = z.output<typeof placeSchema>;

export interface Expected {
  /** Keys that may sign for the scope. Undefined: any. */
  keys?: ReadonlySet<Sha256> | undefined;
  /** `@scope/name@1.2.0` of all that may be published. Undefined: anything. */
  releases?: ReadonlySet<string> | undefined;
}

export interface ScopeEvent {
  index: number;
  entry: LogEntry;
  /** Why its owners should look at it. */
  unexpected: string | undefined;
}

export interface Watch {
  events: ScopeEvent[];
  /** Entries in the log. */
  size: number;
  notes: string[];
}

/**
 * One look: what the log says of the scope since the last one.
 * @param from where to begin instead of where the last look ended
 * @throws LoraError as openTrustedLog
 */
export async function lookAtScope(
  registry: RegistryClient,
  deps: TrustDeps,
  scope: ScopeName,
  expected: Expected,
  from?: number,
): Promise<Watch> {
  const log = await openTrustedLog(registry, deps);
  const path = placePath(log, deps, scope);
  const place: Place = from === undefined ? await readPlace(path) : { v: 1, next: from, last: {} };
  const events: ScopeEvent[] = [];
  for await (const { index, entry } of followLog(log, place.next)) {
    if (entry === undefined || scopeOfEntry(entry) !== scope) continue;
    const before = place.last[subjectOf(entry)];
    const isWhole = place.next === 0 || before !== undefined;
    events.push({
      index,
      entry,
      unexpected:
        (isWhole ? brokenChain(entry, before) : undefined) ?? whyUnexpected(entry, expected, events),
    });
    place.last[subjectOf(entry)] = { index, seq: entry.seq };
  }
  const next = Math.max(place.next, log.offered.size);
  await writeFileDurably(path, `${JSON.stringify({ ...place, next }, null, 2)}\n`);
  await log.save();
  return { events, size: log.offered.size, notes: log.notes };
}

function placePath({ policy, origin }: TrustedLog, { directories }: TrustDeps, scope: ScopeName): string {
  const key = policy.logs[0]?.key;
  return join(directories.data, "logs", key === undefined ? origin : logId(key), "monitor", `${scope}.json`);
}

async function readPlace(path: string): Promise<Place> {
  const text = await readDocument(path);
  if (text === undefined) return { v: 1, next: 0, last: {} };
  return parseWith(placeSchema, parseStrictJson(text, path), {
    code: "JSON_INVALID",
    source: path,
    hint: "remove it to begin with the log's first entry",
  });
}

/** Undefined for what is said of a base. */
function scopeOfEntry(entry: LogEntry): ScopeName | undefined {
  if ("pkg" in entry) return scopeOf(entry.pkg);
  return "scope" in entry ? entry.scope : undefined;
}

function brokenChain(
  entry: LogEntry,
  before: { index: number; seq: number } | undefined,
): string | undefined {
  const isNext =
    before === undefined ? entry.seq === 0 : entry.seq === before.seq + 1 && entry.prev === before.index;
  return isNext ? undefined : `it does not continue what the log says of ${subjectOf(entry)}`;
}

function whyUnexpected(
  entry: LogEntry,
  { keys, releases }: Expected,
  before: readonly ScopeEvent[],
): string | undefined {
  if (entry.t === "publish") {
    const release = `${entry.pkg}@${entry.version}`;
    if (releases !== undefined && !releases.has(release)) return "nobody said that it would be published";
    if (keys !== undefined && !keys.has(entry.keyid))
      return `signed by key ${entry.keyid}, which is not yours`;
    const twin = before.find(
      (each) => each.entry.t === "publish" && `${each.entry.pkg}@${each.entry.version}` === release,
    );
    return twin === undefined ? undefined : `the version was published before, as entry ${twin.index}`;
  }
  if ((entry.t === "key.add" || entry.t === "key.reset") && keys !== undefined && !keys.has(entry.keyid))
    return `key ${entry.keyid} is not yours`;
  return undefined;
}
