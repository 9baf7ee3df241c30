// SPDX-License-Identifier: Apache-2.0
/**
 * `/scopes/@scope.json`: the keys that a scope has or had, in the order of the log, each with the proofs of what the log
 * says of it.
 *
 *     {"v":1,"scope":"@demo","keys":[
 *       {"keyId":"<64 hex>","pem":"-----BEGIN PUBLIC KEY-----\n…","addedAt":"…","by":null,"index":1,"receipt":"…"},
 *       {"keyId":"<64 hex>","pem":"…","addedAt":"…","by":"<64 hex>","statement":"{…}","index":7,"receipt":"…",
 *        "revoked":{"validBefore":90,"index":90,"receipt":"…"}},
 *       {"keyId":"<64 hex>","pem":"…","addedAt":"…","by":null,"index":95,"receipt":"…",
 *        "reset":{"notBefore":1795000000,"index":95,"receipt":"…"}}]}
 *
 * Controlled by the registry: what counts is what the receipts and statements prove.
 */
import { z } from "zod";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { isoTimeSchema, receiptSchema, scopeNameSchema, sha256Schema } from "./fields.ts";

/** A scope's document holds at most so many, revoked ones included. */
export const MAX_SCOPE_KEYS = 100;

const logged = { index: z.int().min(0), receipt: receiptSchema };

export const scopeKeySchema = z.object({
  keyId: sha256Schema,
  pem: z.string().max(1024),
  addedAt: isoTimeSchema,
  /** The key that vouched for this one by `statement`; null for a scope's first, and for one of a reset. */
  by: sha256Schema.nullable(),
  /** A DSSE envelope as text (signing/key-statement.ts). */
  statement: z.string().max(8192).optional(),
  /** Of the entry that gave the scope this key: key.add, or key.reset. */
  index: logged.index,
  receipt: logged.receipt,
  /** What the key signed from log index `validBefore` on counts for nothing. */
  revoked: z.object({ validBefore: z.int().min(0), ...logged }).optional(),
  /** A key that the registry gave to a scope that had lost its own. `notBefore`: POSIX seconds from which it may sign. */
  reset: z.object({ notBefore: z.int().min(0), ...logged }).optional(),
});

export const scopeKeysSchema = z.object({
  v: z.literal(1),
  scope: scopeNameSchema,
  keys: z.array(scopeKeySchema).max(MAX_SCOPE_KEYS),
});
export type ScopeKeyDocument = z.output<typeof scopeKeySchema>;
export type ScopeKeys = z.output<typeof scopeKeysSchema>;

/** @throws LoraError REGISTRY_PROTOCOL */
export function parseScopeKeys(text: string | Uint8Array, source: string): ScopeKeys {
  return parseWith(scopeKeysSchema, parseStrictJson(text, source), { code: "REGISTRY_PROTOCOL", source });
}
