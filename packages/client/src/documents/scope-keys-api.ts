// SPDX-License-Identifier: Apache-2.0
/** Bodies of the API that changes a scope's signing keys. */
import { z } from "zod";
import { scopeKeySchema } from "./scope-keys.ts";

/** `POST /api/v1/scopes/@scope/keys` */
export const addKeyRequestSchema = z.strictObject({
  pem: z.string().max(1024),
  /** A DSSE envelope as text, by a key that the scope has (signing/key-statement.ts). */
  statement: z.string().max(8192),
});
/** `POST /api/v1/scopes/@scope/keys/<keyId>/revoke` */
export const revokeKeyRequestSchema = z.strictObject({
  /** From which log index on nothing that the key signed counts; default: from the revocation itself. */
  validBefore: z.int().min(0).optional(),
});
/** The key as the scope's document has it from now on. */
export const scopeKeyResponseSchema = scopeKeySchema;

export type AddKeyRequest = z.output<typeof addKeyRequestSchema>;
export type RevokeKeyRequest = z.output<typeof revokeKeyRequestSchema>;
