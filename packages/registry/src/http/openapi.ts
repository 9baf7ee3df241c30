// SPDX-License-Identifier: Apache-2.0

import { z } from "@hono/zod-openapi";
import { errorBodySchema } from "@lora/client/documents";

/**
 * A body for the API's document. As JSON Schema, not as zod: the framework would read and check a zod body itself, after
 * `JSON.parse`, which takes repeated keys; http/request-body.ts reads it strictly, within limits.
 */
export function jsonRequest(schema: z.ZodType) {
  const { $schema: _dialect, ...jsonSchema } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  });
  return { required: true, content: { "application/json": { schema: jsonSchema as object } } };
}

export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { "application/json": { schema } } };
}

/** Every failure, whatever its status. */
export const failure = jsonAnswer("Refused, or failed: `error.code` says why", errorBodySchema);

export const bearer = [{ token: [] }];

const segment = (name: string, example: string) =>
  z.string().openapi({ param: { name, in: "path" }, example });
export const scopeParam = segment("scope", "@demo");
export const nameParam = segment("name", "upper");
export const versionParam = segment("version", "1.2.0");
export const tagParam = segment("tag", "beta");
export const tokenIdParam = segment("id", "17");
export const webhookIdParam = segment("id", "3");
export const organisationParam = segment("organisation", "acme");
export const memberParam = segment("member", "alice");
export const holderParam = segment("holder", "org:acme");
export const sha256Param = segment(
  "sha256",
  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
);
export const keyIdParam = segment("keyId", "0".repeat(64));
export const fingerprintParam = segment("fingerprint", `lfp1:${"0".repeat(64)}`);
