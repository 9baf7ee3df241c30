// SPDX-License-Identifier: Apache-2.0
/**
 * `/scopes/@scope.json`: the keys that may sign releases of a scope.
 *
 *     {"v":1,"scope":"@demo","keys":[{"keyId":"<64 hex>","pem":"-----BEGIN PUBLIC KEY-----\n…","addedAt":"…"}]}
 */
import { z } from "zod";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { isoTimeSchema, scopeNameSchema, sha256Schema } from "./fields.ts";

export const scopeKeysSchema = z.object({
  v: z.literal(1),
  scope: scopeNameSchema,
  keys: z
    .array(z.object({ keyId: sha256Schema, pem: z.string().max(1024), addedAt: isoTimeSchema }))
    .max(100),
});
export type ScopeKeys = z.output<typeof scopeKeysSchema>;

/** @throws LoraError REGISTRY_PROTOCOL */
export function parseScopeKeys(text: string | Uint8Array, source: string): ScopeKeys {
  return parseWith(scopeKeysSchema, parseStrictJson(text, source), { code: "REGISTRY_PROTOCOL", source });
}
