// SPDX-License-Identifier: Apache-2.0
/**
 * How a scope comes to a further key: one that it has says so, in a DSSE envelope (secure-systems-lab/dsse).
 *
 *     {"payload":"<b64>","payloadType":"application/vnd.lora.key+json",
 *      "signatures":[{"keyid":"<id of the key that signs>","sig":"<b64 DER>"}]}
 *
 *     payload = canonical JSON
 *     {"by":"<id of the key that signs>","keyid":"<id of the new key>","registry":"https://lora.example",
 *      "scope":"@acme","t":"key.add","v":1}
 *
 * The statement names registry and scope, so that it is worth nothing at another registry or for another scope.
 */
import { z } from "zod";
import type { Sha256 } from "../digest.ts";
import { scopeNameSchema, sha256Schema } from "../documents/fields.ts";
import { LoraError } from "../errors.ts";
import { canonicalJson, parseStrictJson, parseWith } from "../json/index.ts";
import type { ScopeName } from "../names.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { isDsseSignature, signDsse } from "./dsse.ts";
import { importPublicKey, importSigningKey } from "./keys.ts";

export const KEY_PAYLOAD_TYPE = "application/vnd.lora.key+json";
export const MAX_KEY_STATEMENT_BYTES = 4096;

export interface KeyAddition {
  /** The origin that the registry calls itself by. */
  registry: string;
  scope: ScopeName;
  /** Of the new key. */
  keyId: Sha256;
  /** Of the key that signs for it. */
  by: Sha256;
}

const envelopeSchema = z.strictObject({
  payload: z.string(),
  payloadType: z.literal(KEY_PAYLOAD_TYPE),
  signatures: z.tuple([z.strictObject({ keyid: sha256Schema, sig: z.string() })]),
});

const statementSchema = z.strictObject({
  v: z.literal(1),
  t: z.literal("key.add"),
  registry: z.string().min(1).max(300),
  scope: scopeNameSchema,
  keyid: sha256Schema,
  by: sha256Schema,
});

/**
 * @param privatePem of the key that the scope has
 * @throws LoraError KEY_INVALID
 */
export async function signKeyStatement(
  { registry, scope, keyId }: Omit<KeyAddition, "by">,
  privatePem: string,
): Promise<string> {
  const key = await importSigningKey(privatePem);
  const payload = formatPayload({ registry, scope, keyId, by: key.keyId });
  const signatureDer = await signDsse(KEY_PAYLOAD_TYPE, payload, key.signKey);
  const envelope: z.input<typeof envelopeSchema> = {
    payload: encodeBase64(payload),
    payloadType: KEY_PAYLOAD_TYPE,
    signatures: [{ keyid: key.keyId, sig: encodeBase64(signatureDer) }],
  };
  return JSON.stringify(envelope);
}

/**
 * @param text from the author as a registry sees it, from the registry as a client does
 * @param expected what is to be added where; `by` too, where that is known already
 * @param keys those of the scope that may sign for another: the caller decides which
 * @throws LoraError KEY_STATEMENT_INVALID, KEY_UNKNOWN, KEY_INVALID, SIGNATURE_INVALID
 */
export async function verifyKeyStatement(
  text: string | Uint8Array,
  expected: Omit<KeyAddition, "by"> & { by?: Sha256 },
  keys: readonly { keyId: Sha256; pem: string }[],
): Promise<KeyAddition> {
  const { keyId, payload, signatureDer } = parseEnvelope(text);
  const named = keys.find((key) => key.keyId === keyId);
  if (named === undefined) {
    throw new LoraError(
      "KEY_UNKNOWN",
      `the statement for key ${shortId(expected.keyId)} is signed by key ${shortId(keyId)}, which may not sign for ${expected.scope}`,
      { details: { keyId, keys: keys.map((key) => key.keyId) } },
    );
  }
  const key = await importPublicKey(named.pem);
  if (key.keyId !== keyId)
    throw new LoraError("KEY_INVALID", `the key offered as ${shortId(keyId)} is another key`);
  if (!(await isDsseSignature(KEY_PAYLOAD_TYPE, payload, signatureDer, key.verifyKey))) {
    throw new LoraError(
      "SIGNATURE_INVALID",
      `the statement for key ${shortId(expected.keyId)} does not verify with key ${shortId(keyId)}`,
    );
  }
  const addition = parsePayload(payload);
  assertExpected(addition, { ...expected, by: keyId });
  if (expected.by !== undefined) assertExpected(addition, { ...expected, by: expected.by });
  return addition;
}

function parseEnvelope(text: string | Uint8Array) {
  if (text.length > MAX_KEY_STATEMENT_BYTES) throw invalid(`is larger than ${MAX_KEY_STATEMENT_BYTES} bytes`);
  const { payload, signatures } = parseJson(envelopeSchema, text);
  const bytes = decodeBase64(payload);
  const signatureDer = decodeBase64(signatures[0].sig);
  if (bytes === undefined || signatureDer === undefined)
    throw invalid("has text that is not canonical base64");
  return { keyId: signatures[0].keyid, payload: bytes, signatureDer };
}

/** Only of bytes whose signature was verified. */
function parsePayload(payload: Uint8Array): KeyAddition {
  const { registry, scope, keyid, by } = parseJson(statementSchema, payload);
  const addition: KeyAddition = { registry, scope, keyId: keyid, by };
  const canonical = formatPayload(addition);
  if (canonical.length !== payload.length || canonical.some((byte, i) => byte !== payload[i]))
    throw invalid("is not in canonical form");
  return addition;
}

function assertExpected(said: KeyAddition, expected: KeyAddition): void {
  for (const field of ["registry", "scope", "keyId", "by"] as const) {
    if (said[field] === expected[field]) continue;
    throw new LoraError(
      "KEY_STATEMENT_INVALID",
      `the key's statement is for another ${FIELD_NAMES[field]}: ${said[field]}, not ${expected[field]}`,
      { details: { field, said: said[field], wanted: expected[field] } },
    );
  }
}

const FIELD_NAMES = { registry: "registry", scope: "scope", keyId: "key", by: "signing key" } as const;

function formatPayload({ registry, scope, keyId, by }: KeyAddition): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalJson({ v: 1, t: "key.add", registry, scope, keyid: keyId, by }));
}

function parseJson<Output>(schema: z.ZodType<Output>, text: string | Uint8Array): Output {
  const source = "the key's statement";
  try {
    return parseWith(schema, parseStrictJson(text, source), { code: "KEY_STATEMENT_INVALID", source });
  } catch (error) {
    if (error instanceof LoraError && error.code === "JSON_INVALID")
      throw new LoraError("KEY_STATEMENT_INVALID", error.message, { cause: error });
    throw error;
  }
}

function shortId(keyId: Sha256): string {
  return keyId.slice(0, 12);
}

function invalid(what: string): LoraError {
  return new LoraError("KEY_STATEMENT_INVALID", `the key's statement ${what}`);
}
