// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { canonicalJson } from "../json/index.ts";
import { parseScopeName } from "../names.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { signDsse } from "./dsse.ts";
import { KEY_PAYLOAD_TYPE, signKeyStatement, verifyKeyStatement } from "./key-statement.ts";
import { generateSigningKey, importSigningKey, type SigningKey } from "./keys.ts";

const registry = "https://lora.example";
const scope = parseScopeName("@acme");
const keyId = sha256Of("the new key");
const expected = { registry, scope, keyId };
const utf8 = new TextEncoder();

let old: SigningKey;
let statement: string;
const keys = () => [{ keyId: old.keyId, pem: old.publicPem }];

beforeAll(async () => {
  old = await generateSigningKey();
  statement = await signKeyStatement(expected, old.privatePem);
});

/** Any payload, truly signed: what a holder of the key could send. */
async function signed(payload: string): Promise<string> {
  const { signKey } = await importSigningKey(old.privatePem);
  const der = await signDsse(KEY_PAYLOAD_TYPE, utf8.encode(payload), signKey);
  return JSON.stringify({
    payload: encodeBase64(utf8.encode(payload)),
    payloadType: KEY_PAYLOAD_TYPE,
    signatures: [{ keyid: old.keyId, sig: encodeBase64(der) }],
  });
}

const canonical = (change: Record<string, string | number> = {}) =>
  canonicalJson({ v: 1, t: "key.add", registry, scope, keyid: keyId, by: old.keyId, ...change });

describe("the statement for a further key", () => {
  it("says which key signed for which, where", async () => {
    expect(await verifyKeyStatement(statement, expected, keys())).toEqual({ ...expected, by: old.keyId });
    expect(await verifyKeyStatement(await signed(canonical()), expected, keys())).toMatchObject(expected);
  });

  it("is signed over the canonical bytes that its documentation shows", () => {
    const { payload } = JSON.parse(statement) as { payload: string };
    expect(new TextDecoder().decode(decodeBase64(payload))).toBe(
      `{"by":"${old.keyId}","keyid":"${keyId}","registry":"${registry}","scope":"@acme","t":"key.add","v":1}`,
    );
  });

  it.each([
    ["another registry", { registry: "https://elsewhere.example" }],
    ["another scope", { scope: "@other" }],
    ["another key", { keyid: sha256Of("some other key") }],
    ["another key that signs", { by: sha256Of("who did not") }],
    ["another act", { t: "key.revoke" }],
    ["another version", { v: 2 }],
    ["more than it may hold", { extra: 1 }],
  ])("is refused for %s", async (_what, change) => {
    const text = await signed(canonical(change));
    await expect(verifyKeyStatement(text, expected, keys())).rejects.toMatchObject({
      code: "KEY_STATEMENT_INVALID",
    });
  });

  it("is refused where another key was to sign", async () => {
    const by = sha256Of("who was to sign");
    await expect(verifyKeyStatement(statement, { ...expected, by }, keys())).rejects.toMatchObject({
      code: "KEY_STATEMENT_INVALID",
    });
  });

  it("is refused under a key that may not sign, and under one that claims the id of one that may", async () => {
    const other = await generateSigningKey();
    const offered = [{ keyId: other.keyId, pem: other.publicPem }];
    await expect(verifyKeyStatement(statement, expected, offered)).rejects.toMatchObject({
      code: "KEY_UNKNOWN",
    });
    const disguised = [{ keyId: old.keyId, pem: other.publicPem }];
    await expect(verifyKeyStatement(statement, expected, disguised)).rejects.toMatchObject({
      code: "KEY_INVALID",
    });
  });

  it("is refused in any but its canonical form, however truly signed", async () => {
    const spaced = await signed(JSON.stringify(JSON.parse(canonical()), null, 1));
    await expect(verifyKeyStatement(spaced, expected, keys())).rejects.toMatchObject({
      code: "KEY_STATEMENT_INVALID",
    });
  });

  it("is refused after any change of any single byte", async () => {
    const bytes = utf8.encode(statement);
    const accepted: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const mutated = bytes.slice();
      mutated[at] = (mutated[at] as number) ^ (1 << (at % 7));
      const outcome = await verifyKeyStatement(mutated, expected, keys()).catch((error: unknown) => error);
      if (!(outcome instanceof LoraError)) accepted.push(at);
    }
    expect(accepted).toEqual([]);
  });

  it("throws nothing but a LoraError for random input", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), fc.json()), async (input) => {
        await expect(verifyKeyStatement(input, expected, keys())).rejects.toBeInstanceOf(LoraError);
      }),
    );
  });
});
