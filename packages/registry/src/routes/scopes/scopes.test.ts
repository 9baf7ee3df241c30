// SPDX-License-Identifier: Apache-2.0
import { createPublicKey } from "node:crypto";
import { parseScopeKeys } from "@lora/client/documents";
import { generateSigningKey } from "@lora/client/signing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestRegistry, sha256Hex, type TestRegistry } from "../../test/registry.ts";

let registry: TestRegistry;
let publicKeyPem: string;

beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(async () => {
  await registry.reset();
  publicKeyPem = (await generateSigningKey()).publicPem;
});
afterAll(() => registry.close());

const create = (scope: unknown, pem: unknown = publicKeyPem, headers = {}) =>
  registry.send("POST", "/api/v1/scopes", { scope, publicKeyPem: pem }, headers);

describe("a scope", () => {
  it("is made with its first key, which everybody can read", async () => {
    const keyId = sha256Hex(publicKeyPem);
    expect(await create("@demo")).toMatchObject({ status: 201, body: { scope: "@demo", keyId } });
    const { status, body, headers } = await registry.get("/scopes/@demo.json");
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("public, max-age=10");
    expect(body).toEqual({
      v: 1,
      scope: "@demo",
      keys: [
        {
          keyId,
          pem: publicKeyPem,
          addedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          by: null,
          index: 1,
          receipt: expect.stringMatching(/^c2sp.org\/tlog-proof@v1\n/),
        },
      ],
    });
    expect(() => parseScopeKeys(JSON.stringify(body), "keys")).not.toThrow();
    expect(createPublicKey(publicKeyPem).asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  });

  it("keeps the canonical text of a key, whatever line ends it came with", async () => {
    const { body } = await create("@demo", publicKeyPem.replaceAll("\n", "\r\n"));
    expect(body).toMatchObject({ keyId: sha256Hex(publicKeyPem) });
  });

  it("may be asked for again with its key, and is refused with another", async () => {
    const first = await create("@demo");
    expect(await create("@demo")).toMatchObject({ status: 200, body: first.body });
    const before = await registry.stored();
    const other = await create("@demo", (await generateSigningKey()).publicPem);
    expect(other.status).toBe(409);
    expect(other.body).toEqual({
      error: { code: "SCOPE_EXISTS", message: "the scope @demo exists already" },
    });
    expect(await registry.stored()).toEqual(before);
  });

  it("is refused when it is easily taken for another", async () => {
    await create("@acme-labs");
    const answer = await create("@acmelabs");
    expect(answer.status).toBe(409);
    expect(answer.body).toEqual({
      error: {
        code: "SCOPE_TOO_SIMILAR",
        message: "@acmelabs is too easily taken for @acme-labs",
        hint: "choose a name that nobody takes for another",
        details: { scope: "@acmelabs", existing: "@acme-labs" },
      },
    });
    expect(await registry.stored()).toMatchObject({ scopes: 1 });
  });

  it("of several that look alike and come at once is made once", async () => {
    const answers = await Promise.all(
      ["@models", "@model", "@mode-ls", "@modelz"].map((scope) => create(scope)),
    );
    expect(answers.map((a) => a.status).sort()).toEqual([201, 409, 409, 409]);
    expect(await registry.stored()).toMatchObject({ scopes: 1 });
  });

  it.each([
    ["a name without its at sign", () => create("demo"), 400, "USAGE"],
    ["a name in capitals", () => create("@Demo"), 400, "USAGE"],
    [
      "a key that is none",
      () => create("@demo", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
      422,
      "KEY_INVALID",
    ],
    [
      "a private key",
      async () => create("@demo", (await generateSigningKey()).privatePem),
      422,
      "KEY_INVALID",
    ],
    ["no token", () => create("@demo", publicKeyPem, { authorization: "" }), 401, "UNAUTHENTICATED"],
    [
      "a token that may only publish",
      async () =>
        create("@demo", publicKeyPem, {
          authorization: `Bearer ${await registry.makeToken(["publish-new"])}`,
        }),
      403,
      "FORBIDDEN",
    ],
  ])("is not made with %s", async (_what, attempt, status, code) => {
    expect(await attempt()).toMatchObject({ status, body: { error: { code } } });
    expect(await registry.stored()).toMatchObject({ scopes: 0 });
  });

  it("that is not there is not found", async () => {
    expect(await registry.get("/scopes/@nobody.json")).toMatchObject({
      status: 404,
      body: { error: { code: "SCOPE_NOT_FOUND", hint: "lora scope create @nobody makes it" } },
    });
    expect((await registry.get("/scopes/@nobody")).status).toBe(404);
    expect((await registry.get("/scopes/nobody.json")).status).toBe(400);
  });
});
