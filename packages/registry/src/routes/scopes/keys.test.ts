// SPDX-License-Identifier: Apache-2.0
import { parseScopeKeys, type ScopeKeys } from "@lora/client/documents";
import { parseScopeName } from "@lora/client/names";
import { generateSigningKey, type SigningKey, signKeyStatement } from "@lora/client/signing";
import { parseLogEntry, parseReceipt } from "@lora/client/transparency";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { resetScopeKey } from "../../scopes/reset-key.ts";
import { makeScope, publish } from "../../test/publisher.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
let first: SigningKey;
let second: SigningKey;
beforeAll(async () => {
  registry = await openTestRegistry();
  second = await generateSigningKey();
});
beforeEach(async () => {
  await registry.reset();
  first = await makeScope(registry);
});
afterAll(() => registry.close());

const SCOPE = parseScopeName("@demo");
const KEYS = "/api/v1/scopes/@demo/keys";
const statementBy = (by: SigningKey, added = second, over: object = {}) =>
  signKeyStatement({ registry: ORIGIN, scope: SCOPE, keyId: added.keyId, ...over }, by.privatePem);
const add = async (by = first, added = second) =>
  registry.send("POST", KEYS, { pem: added.publicPem, statement: await statementBy(by, added) });
const revoke = (key: SigningKey, body: object = {}) =>
  registry.send("POST", `${KEYS}/${key.keyId}/revoke`, body);
async function keys(): Promise<ScopeKeys["keys"]> {
  const { body } = await registry.get("/scopes/@demo.json");
  return parseScopeKeys(JSON.stringify(body), "the document").keys;
}
const logged = (receipt: string) => parseLogEntry(parseReceipt(receipt).entry);
const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: string } }).error?.code,
];

describe("a further key", () => {
  it("is added on the word of one that the scope has, with the proof in the scope's document", async () => {
    const answer = await add();
    expect(answer.status).toBe(201);
    const [, added] = await keys();
    expect(answer.body).toEqual(added);
    expect(added).toMatchObject({ keyId: second.keyId, by: first.keyId, index: 2 });
    expect(logged(added?.receipt ?? "")).toMatchObject({
      t: "key.add",
      keyid: second.keyId,
      by: first.keyId,
      seq: 2,
    });
    expect((await publish(registry, second, { version: "1.0.0" })).answer.status).toBe(201);
    expect(await add()).toMatchObject({ status: 200, body: answer.body });
  });

  it.each<[string, () => Promise<unknown>, number, string]>([
    ["a statement by itself", () => statementBy(second), 422, "KEY_UNKNOWN"],
    [
      "a statement for another scope",
      () => statementBy(first, second, { scope: "@other" }),
      422,
      "KEY_STATEMENT_INVALID",
    ],
    [
      "a statement for another registry",
      () => statementBy(first, second, { registry: "https://b.test" }),
      422,
      "KEY_STATEMENT_INVALID",
    ],
    ["a statement for another key", () => statementBy(first, first), 422, "KEY_STATEMENT_INVALID"],
    ["nonsense for a statement", async () => "{}", 422, "KEY_STATEMENT_INVALID"],
  ])("is refused on %s", async (_what, statement, status, code) => {
    const answer = await registry.send("POST", KEYS, { pem: second.publicPem, statement: await statement() });
    expect(codeOf(answer)).toEqual([status, code]);
    expect(await keys()).toHaveLength(1);
  });

  it("needs a token that may", async () => {
    const token = await registry.makeToken(["publish-new", "publish-update"]);
    const body = { pem: second.publicPem, statement: await statementBy(first) };
    const answer = await registry.send("POST", KEYS, body, { authorization: `Bearer ${token}` });
    expect(codeOf(answer)).toEqual([403, "FORBIDDEN"]);
    expect(await keys()).toHaveLength(1);
  });
});

describe("a revoked key", () => {
  it("signs nothing more, neither releases nor keys; what it signed stays, by its place in the log", async () => {
    await publish(registry, first, { version: "1.0.0" });
    await add();
    const answer = await revoke(first);
    expect(answer).toMatchObject({ status: 200, body: { revoked: { validBefore: 4, index: 4 } } });
    const [revoked] = await keys();
    expect(answer.body).toEqual(revoked);
    expect(logged(revoked?.revoked?.receipt ?? "")).toMatchObject({ t: "key.revoke", validBefore: 4 });

    const refused = await publish(registry, first, { version: "1.1.0" });
    expect(codeOf(refused.answer)).toEqual([422, "KEY_REVOKED"]);
    expect((await registry.get("/versions/@demo/pack/1.1.0/lora.json")).status).toBe(404);
    expect(codeOf(await add(first, await generateSigningKey()))).toEqual([422, "KEY_REVOKED"]);
    expect((await publish(registry, second, { version: "1.1.0" })).answer.status).toBe(201);
    expect((await registry.get("/versions/@demo/pack/1.0.0/receipt")).status).toBe(200);
    expect(await revoke(first)).toMatchObject({ status: 200, body: answer.body });
  });

  it("can be said to have been bad from an earlier place on", async () => {
    await publish(registry, first, { version: "1.0.0" });
    expect(await revoke(first, { validBefore: 2 })).toMatchObject({
      status: 200,
      body: { revoked: { validBefore: 2, index: 3 } },
    });
  });

  it("can be said later to have been bad for longer, and never for less", async () => {
    await publish(registry, first, { version: "1.0.0" });
    await revoke(first);
    const earlier = { status: 200, body: { revoked: { validBefore: 2, index: 4 } } };
    expect(await revoke(first, { validBefore: 2 })).toMatchObject(earlier);
    expect(logged((await keys())[0]?.revoked?.receipt ?? "")).toMatchObject({ validBefore: 2 });
    expect(await revoke(first, { validBefore: 3 })).toMatchObject(earlier);
    expect(await revoke(first)).toMatchObject(earlier);
  });

  it.each<[string, string, object, number, string]>([
    ["a key that the scope has not", "0".repeat(64), {}, 422, "KEY_UNKNOWN"],
    ["no key's name", "abc", {}, 422, "KEY_UNKNOWN"],
    ["a place that the log has not", "first", { validBefore: 50 }, 400, "USAGE"],
    ["a body with more in it", "first", { reason: "x" }, 400, "USAGE"],
  ])("is not made of %s", async (_what, keyId, body, status, code) => {
    const id = keyId === "first" ? first.keyId : keyId;
    expect(codeOf(await registry.send("POST", `${KEYS}/${id}/revoke`, body))).toEqual([status, code]);
    expect((await keys())[0]?.revoked).toBeUndefined();
  });
});

describe("a reset", () => {
  const reset = async (now: Date) => {
    const { pending } = await resetScopeKey(registry.db, SCOPE, second.publicPem, now);
    await registry.deps.logWriter.settle(pending);
  };

  it("gives the scope a key that may sign after three days, and nobody has vouched for it", async () => {
    await reset(new Date());
    const [, key] = await keys();
    expect(key).toMatchObject({ keyId: second.keyId, by: null, index: 2, reset: { index: 2 } });
    expect(logged(key?.receipt ?? "")).toMatchObject({ t: "key.reset", notBefore: key?.reset?.notBefore });
    expect((key?.reset?.notBefore ?? 0) - Date.now() / 1000).toBeGreaterThan(72 * 3600);
    const early = await publish(registry, second, {});
    expect(codeOf(early.answer)).toEqual([403, "KEY_NOT_YET_VALID"]);
    expect(codeOf(await add(second, await generateSigningKey()))).toEqual([403, "KEY_NOT_YET_VALID"]);
  });

  it("comes into force", async () => {
    await reset(new Date(Date.now() - 74 * 3600 * 1000));
    expect((await publish(registry, second, {})).answer.status).toBe(201);
  });

  it("can be revoked before that by whoever still has a key's account", async () => {
    await reset(new Date());
    expect((await revoke(second)).status).toBe(200);
    expect((await keys())[1]).toMatchObject({ revoked: { index: 3 }, reset: { index: 2 } });
  });
});
