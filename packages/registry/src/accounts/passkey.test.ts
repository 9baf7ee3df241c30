// SPDX-License-Identifier: Apache-2.0
/** Passkeys, by an authenticator made of node's own crypto: registered while signed in, and signed in with. */
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tables } from "../database/index.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../test/registry.ts";

let registry: TestRegistry;
beforeAll(async () => {
  registry = await openTestRegistry();
  await registry.reset();
});
afterAll(() => registry.close());

const HOST = new URL(ORIGIN).hostname;
const ALICE = { name: "alice", email: "alice@example.org", password: "correct horse" };
const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest();
const base64url = (bytes: Buffer | string) => Buffer.from(bytes).toString("base64url");

const cookieOf = (headers: Headers) =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
const post = (path: string, body: unknown, cookie = "") =>
  registry.request("POST", `/api/auth${path}`, {
    headers: { "content-type": "application/json", origin: ORIGIN, cookie },
    body: JSON.stringify(body),
  });
/** With the cookie that holds the challenge beside the session's. */
async function options(path: string, cookie = "") {
  const answer = await registry.get(`/api/auth${path}`, { cookie });
  expect(answer.status).toBe(200);
  const body = answer.body as { challenge: string; rp?: { id: string }; rpId?: string };
  return { ...body, cookie: [cookie, cookieOf(answer.headers)].filter(Boolean).join("; ") };
}

/** An authenticator with one ES256 credential: WebAuthn level 2, sections 6.1 and 6.5, attestation "none". */
function createAuthenticator() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const id = randomBytes(32);
  let counter = 0;
  const [PRESENT_AND_VERIFIED, ATTESTED] = [0x05, 0x40];
  const authenticatorData = (flags: number, rest: Buffer) => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(HOST), Buffer.from([flags]), count, rest]);
  };
  const clientData = (type: string, challenge: string, origin: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  // COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}
  const cose = Buffer.concat([
    Buffer.from("a5010203262001215820", "hex"),
    Buffer.from(x, "base64url"),
    Buffer.from("225820", "hex"),
    Buffer.from(y, "base64url"),
  ]);
  return {
    register(challenge: string) {
      const data = authenticatorData(
        PRESENT_AND_VERIFIED | ATTESTED,
        Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cose]),
      );
      // CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}
      const attestation = Buffer.concat([
        Buffer.from("a363666d74646e6f6e656761747453746d74a068617574684461746158", "hex"),
        Buffer.from([data.length]),
        data,
      ]);
      return {
        id: base64url(id),
        rawId: base64url(id),
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(clientData("webauthn.create", challenge, ORIGIN)),
          attestationObject: base64url(attestation),
          transports: ["internal"],
        },
      };
    },
    authenticate(challenge: string, origin = ORIGIN) {
      counter += 1;
      const data = authenticatorData(PRESENT_AND_VERIFIED, Buffer.alloc(0));
      const client = clientData("webauthn.get", challenge, origin);
      const signature = sign("sha256", Buffer.concat([data, sha256(client)]), privateKey);
      return {
        id: base64url(id),
        rawId: base64url(id),
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64url(client),
          authenticatorData: base64url(data),
          signature: base64url(signature),
        },
      };
    },
  };
}

it("signs in with a passkey that was registered, and with no other, nor for another page", async () => {
  await post("/sign-up/email", ALICE);
  const session = cookieOf((await post("/sign-in/email", ALICE)).headers);
  const mine = createAuthenticator();
  const asked = await options("/passkey/generate-register-options", session);
  expect(asked.rp?.id).toBe(HOST);
  const made = await post(
    "/passkey/verify-registration",
    { response: mine.register(asked.challenge), name: "laptop" },
    asked.cookie,
  );
  expect(made.status).toBe(200);
  expect(await registry.db.select().from(tables.passkeys)).toHaveLength(1);

  const attempt = async (answer: (challenge: string) => object) => {
    const { challenge, cookie } = await options("/passkey/generate-authenticate-options");
    return post("/passkey/verify-authentication", { response: answer(challenge) }, cookie);
  };
  const signedIn = await attempt((challenge) => mine.authenticate(challenge));
  expect(signedIn.status).toBe(200);
  const { body } = await registry.get("/api/auth/get-session", { cookie: cookieOf(signedIn.headers) });
  expect(body).toMatchObject({ user: { name: "alice" } });

  const stranger = createAuthenticator();
  for (const answer of [
    (challenge: string) => stranger.authenticate(challenge),
    (challenge: string) => mine.authenticate(challenge, "https://evil.example"),
    () => mine.authenticate(base64url("another challenge")),
  ]) {
    const refused = await attempt(answer);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.status).toBeLessThan(500);
    expect(cookieOf(refused.headers)).not.toMatch(/session_token=[^;]/);
  }
});

it("registers no passkey for somebody who is not signed in", async () => {
  const { status } = await registry.get("/api/auth/passkey/generate-register-options");
  expect(status).toBe(401);
});
