// SPDX-License-Identifier: Apache-2.0
/**
 * What the log says: one entry for each act that changes whom or what a client may believe. Entries are permanent, so
 * they hold no personal data: an owner is the opaque id of an account.
 *
 *     entry   = canonical JSON of { v: 1, t: type, seq, prev, … }
 *     subject = the package of publish, yank, unyank, takedown; the fingerprint `a` of base.same; the scope of all others
 *     seq     = how many entries the subject had before this one
 *     prev    = the index of the last of those; null for none
 *
 *     {"id":"<sha256>","keyid":"<sha256>","pkg":"@acme/sql","prev":null,"seq":0,"t":"publish","v":1,"version":"1.2.0"}
 *
 * By `seq` and `prev` the entries of a subject are a chain: whoever shows the last cannot leave one out.
 */
import { z } from "zod";
import {
  fingerprintSchema,
  packageNameSchema,
  scopeNameSchema,
  sha256Schema,
  versionSchema,
} from "../documents/fields.ts";
import { LoraError } from "../errors.ts";
import { type CanonicalValue, canonicalJson, parseStrictJson, parseWith } from "../json/index.ts";

/** Far above any real entry; the log's files could hold 65,535. */
export const MAX_LOG_ENTRY_BYTES = 2048;

const index = z.int().min(0);
const common = { v: z.literal(1), seq: z.int().min(0), prev: index.nullable() };
const ofScope = { ...common, scope: scopeNameSchema };
const ofVersion = { ...common, pkg: packageNameSchema, version: versionSchema };
/** No name and no address: what is logged cannot be erased. */
const ownerSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "is not an account's id");

const logEntrySchema = z
  .discriminatedUnion("t", [
    z.strictObject({ t: z.literal("scope.create"), ...ofScope }),
    /** `by`: the key of the scope that signed for this one; null for the first, which comes with the scope. */
    z.strictObject({ t: z.literal("key.add"), ...ofScope, keyid: sha256Schema, by: sha256Schema.nullable() }),
    /** What the key signed from this log index on counts for nothing. */
    z.strictObject({ t: z.literal("key.revoke"), ...ofScope, keyid: sha256Schema, validBefore: index }),
    /** The registry's act where all keys are lost; `notBefore` is the POSIX time from which the key may sign. */
    z.strictObject({ t: z.literal("key.reset"), ...ofScope, keyid: sha256Schema, notBefore: z.int().min(0) }),
    z.strictObject({ t: z.literal("owner.add"), ...ofScope, owner: ownerSchema }),
    z.strictObject({ t: z.literal("owner.remove"), ...ofScope, owner: ownerSchema }),
    /** `id`: the release's, sha256 of its signed statement. `keyid`: who signed that. */
    z.strictObject({ t: z.literal("publish"), ...ofVersion, id: sha256Schema, keyid: sha256Schema }),
    z.strictObject({ t: z.literal("yank"), ...ofVersion }),
    z.strictObject({ t: z.literal("unyank"), ...ofVersion }),
    z.strictObject({ t: z.literal("takedown"), ...ofVersion }),
    /** The registry's act, on evidence: two fingerprints of one base that was saved in two precisions, `a` below `b`. */
    z.strictObject({ t: z.literal("base.same"), ...common, a: fingerprintSchema, b: fingerprintSchema }),
  ])
  .refine(({ seq, prev }) => (seq === 0) === (prev === null), "seq and prev do not agree")
  .refine((entry) => entry.t !== "base.same" || entry.a < entry.b, "a is not below b");

export type LogEntry = z.output<typeof logEntrySchema>;
export type LogEntryType = LogEntry["t"];

/** The bytes that are hashed into the tree. */
export function formatLogEntry(entry: LogEntry): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalJson(entry as unknown as CanonicalValue));
}

/**
 * @param bytes proved to be in the log, or not yet
 * @throws LoraError LOG_ENTRY_INVALID
 */
export function parseLogEntry(bytes: Uint8Array): LogEntry {
  const source = "the log entry";
  const invalid = (what: string, cause?: unknown) =>
    new LoraError("LOG_ENTRY_INVALID", what, cause === undefined ? {} : { cause });
  if (bytes.length > MAX_LOG_ENTRY_BYTES)
    throw invalid(`${source} is larger than ${MAX_LOG_ENTRY_BYTES} bytes`);
  let value: unknown;
  try {
    value = parseStrictJson(bytes, source);
  } catch (error) {
    if (error instanceof LoraError) throw invalid(error.message, error);
    throw error;
  }
  const entry = parseWith(logEntrySchema, value, { code: "LOG_ENTRY_INVALID", source });
  const canonical = formatLogEntry(entry);
  if (canonical.length !== bytes.length || canonical.some((byte, i) => byte !== bytes[i]))
    throw invalid(`${source} is not in canonical form`);
  return entry;
}

/** Whose chain an entry belongs to: `@scope`, `@scope/name`, or the fingerprint `a` of a base. */
export function subjectOf(entry: LogEntry): string {
  if ("pkg" in entry) return entry.pkg;
  return "scope" in entry ? entry.scope : entry.a;
}

/** Whether `next` is what may follow `last` in its subject's chain; `last` is undefined before the first. */
export function isNextEntry(next: LogEntry, last: { index: number; entry: LogEntry } | undefined): boolean {
  if (last === undefined) return next.seq === 0;
  return (
    subjectOf(next) === subjectOf(last.entry) && next.seq === last.entry.seq + 1 && next.prev === last.index
  );
}
