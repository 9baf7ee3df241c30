// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isToken } from "../auth/index.ts";
import { tables } from "../database/index.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../test/registry.ts";
import { openAccounts } from "./accounts.ts";
import { lockAccount } from "./lock-account.ts";
import { sweepExpired } from "./sweep-expired.ts";

let registry: TestRegistry;
beforeAll(async () => {
  registry = await openTestRegistry();
});
beforeEach(() => registry.reset());
afterAll(() => registry.close());

const ALICE = { name: "alice", email: "alice@example.org", password: "correct horse" };
const JSON_TYPE = { "content-type": "application/json", origin: ORIGIN };
const FORM = { "content-type": "application/x-www-form-urlencoded", origin: ORIGIN };

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  registry.request("POST", path, { headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });
const form = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  registry.request("POST", "/device", {
    headers: { ...FORM, ...headers },
    body: new URLSearchParams(fields).toString(),
  });
const cookieOf = ({ headers }: { headers: Headers }) =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");

it("calls itself by its origin on the pages of logins, whatever the client calls it", async () => {
  for (const path of ["/device", "/device?user_code=ABCD-EFGH", "/api"]) {
    const { body } = await registry.get(`http://evil.example${path}`);
    expect([path, String(body).includes("evil.example")]).toEqual([path, false]);
    expect(body).toContain(ORIGIN);
  }
});

it("says that the database is away, to whoever is signed in as to everybody else", async () => {
  await post("/api/auth/sign-up/email", ALICE);
  const cookie = cookieOf(await post("/api/auth/sign-in/email", ALICE));
  const away = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  let isAway = false;
  const db = new Proxy(registry.db, {
    get(target, key) {
      if (!isAway) return Reflect.get(target, key);
      return () => {
        throw away;
      };
    },
  });
  registry.override({ db, accounts: openAccounts(db, ORIGIN, "open") });
  expect((await registry.get("/account", { cookie })).status).toBe(200);
  isAway = true;
  for (const path of ["/account", "/device?user_code=ABCD-EFGH", "/api/auth/get-session"]) {
    const { status, headers } = await registry.get(path, { cookie });
    expect([path, status, headers.get("retry-after")]).toEqual([path, 503, "2"]);
  }
});

describe("signing up and in", () => {
  it("makes an account, whose cookie is for this host's requests alone", async () => {
    expect((await post("/api/auth/sign-up/email", ALICE)).status).toBe(200);
    const { status, headers } = await post("/api/auth/sign-in/email", ALICE);
    expect(status).toBe(200);
    const [cookie] = headers.getSetCookie();
    expect(cookie).toMatch(/^__Secure-lora\.session_token=[^;]+; .*HttpOnly; Secure; SameSite=Lax/);
  });

  it("answers a known address as it answers a new one", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const known = await post("/api/auth/sign-up/email", {
      ...ALICE,
      name: "alice2",
      password: "another one",
    });
    const fresh = await post("/api/auth/sign-up/email", { ...ALICE, name: "bob", email: "bob@example.org" });
    expect(known.status).toBe(fresh.status);
    const shape = ({ body }: { body: unknown }) => Object.keys((body as { user: object }).user).sort();
    expect(shape(known)).toEqual(shape(fresh));
    expect((await post("/api/auth/sign-in/email", { ...ALICE, password: "another one" })).status).toBe(401);
  });

  it("takes no address that is longer than addresses are", async () => {
    const email = `${"a".repeat(300)}@example.org`;
    expect(await post("/api/auth/sign-up/email", { ...ALICE, email })).toMatchObject({
      status: 400,
      body: { error: { message: "an e-mail address has at most 254 characters" } },
    });
    expect(await registry.db.select().from(tables.users)).toEqual([]);
  });

  it("refuses what no text in the database may have, wherever somebody writes it", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const cookie = cookieOf(await post("/api/auth/sign-in/email", ALICE));
    const refused = [
      await post("/api/v1/login/token", { deviceCode: "a\u0000b" }),
      await post("/api/auth/passkey/delete-passkey", { id: "\u0000" }, { cookie }),
      await post("/api/auth/passkey/update-passkey", { id: "x", name: "\\\u0000" }, { cookie }),
      await form({ action: "approve", user_code: "\u0000" }, { cookie }),
      await registry.request("POST", "/account/passkeys/remove", {
        headers: { ...FORM, cookie },
        body: "id=%00",
      }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
    expect((await registry.get("/device?user_code=%00", { cookie })).status).toBe(404);
    // Eleven characters, none of them a NUL.
    const sound = await post("/api/auth/passkey/delete-passkey", { id: "back\\u0000" }, { cookie });
    expect(sound).toMatchObject({ status: 404 });
  });

  it("tells of a taken name before it looks at the address", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const taken = { code: "NAME_TAKEN", message: "an account has this name already" };
    for (const email of [ALICE.email, "new@example.org"]) {
      const { status, body } = await post("/api/auth/sign-up/email", { ...ALICE, email });
      expect(status).toBe(409);
      expect(body).toMatchObject({ error: taken });
    }
  });

  it("refuses a wrong password and an unknown address with the same words", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const wrong = await post("/api/auth/sign-in/email", { ...ALICE, password: "wrong password" });
    const unknown = await post("/api/auth/sign-in/email", { ...ALICE, email: "nobody@example.org" });
    expect([wrong.status, wrong.body]).toEqual([401, unknown.body && wrong.body]);
    expect(unknown.body).toEqual(wrong.body);
  });

  it.each([
    ["a name with capitals", { ...ALICE, name: "Alice" }, 400, "NAME_INVALID"],
    ["a short password", { ...ALICE, password: "short" }, 400, "USAGE"],
    ["no address", { ...ALICE, email: "alice" }, 400, "USAGE"],
    ["no body", undefined, 400, "JSON_INVALID"],
  ])("refuses %s", async (_what, body, status, code) => {
    const answer = await post("/api/auth/sign-up/email", body);
    expect([answer.status, answer.body]).toMatchObject([status, { error: { code } }]);
    expect(await registry.db.select().from(tables.users)).toEqual([]);
  });

  it("takes no request of a stranger's page, and serves nothing that no page needs", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const signedIn = cookieOf(await post("/api/auth/sign-in/email", ALICE));
    const foreign = await post(
      "/api/auth/sign-out",
      {},
      { cookie: signedIn, origin: "https://evil.example" },
    );
    expect(foreign.status).toBe(403);
    expect((await post("/api/auth/update-user", { name: "eve" }, { cookie: signedIn })).status).toBe(404);
    expect((await post("/api/auth/device/code", { client_id: "lora" })).status).toBe(404);
  });

  it("is closed where the operator closed it", async () => {
    registry.override({ accounts: openAccounts(registry.db, ORIGIN, "closed") });
    const { status, body } = await post("/api/auth/sign-up/email", ALICE);
    expect([status, body]).toMatchObject([403, { error: { code: "FORBIDDEN" } }]);
    const { userId } = await registry.deps.accounts.createAccount({ ...ALICE, isOperator: true });
    expect((await post("/api/auth/sign-in/email", ALICE)).status).toBe(200);
    await expect(registry.deps.accounts.createAccount(ALICE)).rejects.toMatchObject({ code: "NAME_TAKEN" });
    expect(userId).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });

  it("logs neither addresses nor passwords", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    await post("/api/auth/sign-up/email", ALICE);
    await post("/api/auth/sign-in/email", { ...ALICE, password: "wrong password" });
    expect(registry.lines.join("")).not.toMatch(/alice@|correct horse|wrong password/);
  });
});

it("keeps no login, session or challenge that has expired, and every one that has not", async () => {
  await registry.deps.accounts.createAccount(ALICE);
  const cookie = cookieOf(await post("/api/auth/sign-in/email", ALICE));
  await post("/api/v1/login", { label: "a laptop" });
  await registry.get("/api/auth/passkey/generate-authenticate-options");
  expect(await sweepExpired(registry.db)).toBe(0);
  expect((await registry.get("/api/auth/get-session", { cookie })).body).not.toBeNull();
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000);
  expect(await sweepExpired(registry.db, inHours(1))).toBe(0);
  expect(await sweepExpired(registry.db, inHours(25))).toBe(2);
  expect((await registry.get("/api/auth/get-session", { cookie })).body).not.toBeNull();
  expect(await sweepExpired(registry.db, inHours(60 * 24))).toBe(1);
});

describe("an account that is shut out", () => {
  it("has nothing left that lets it in, until it gets a new password", async () => {
    const { userId } = await registry.deps.accounts.createAccount(ALICE);
    const cookie = cookieOf(await post("/api/auth/sign-in/email", ALICE));
    const token = await registry.makeToken(["read"], { userId });
    const bobs = await registry.makeToken(["read"]);
    const whoami = async (of: string) =>
      (await registry.get("/api/v1/whoami", { authorization: `Bearer ${of}` })).status;
    const { body } = await post("/api/v1/login", { label: "a laptop" });
    const { deviceCode, userCode } = body as { deviceCode: string; userCode: string };
    await form({ action: "approve", user_code: userCode }, { cookie });
    expect([await whoami(token), await whoami(bobs)]).toEqual([200, 200]);

    expect(await lockAccount(registry.db, "alice")).toBe(1);
    expect([await whoami(token), await whoami(bobs)]).toEqual([401, 200]);
    expect((await registry.get("/api/auth/get-session", { cookie })).body).toBeNull();
    expect((await post("/api/v1/login/token", { deviceCode })).status).toBe(403);
    expect((await post("/api/auth/sign-in/email", ALICE)).status).toBe(401);

    await registry.deps.accounts.setPassword("alice", "a new password");
    expect((await post("/api/auth/sign-in/email", ALICE)).status).toBe(401);
    const again = await post("/api/auth/sign-in/email", { ...ALICE, password: "a new password" });
    expect([again.status, await whoami(token)]).toEqual([200, 401]);
    await expect(lockAccount(registry.db, "nobody")).rejects.toMatchObject({ code: "ACCOUNT_NOT_FOUND" });
  });
});

describe("a login of the command line", () => {
  const start = async () => {
    const { status, body } = await post("/api/v1/login", { label: "lora on laptop" });
    expect(status).toBe(201);
    return body as { deviceCode: string; userCode: string; verificationUrlComplete: string };
  };
  const finish = (deviceCode: string) => post("/api/v1/login/token", { deviceCode });
  const letTimePass = () => registry.db.update(tables.deviceCodes).set({ lastPolledAt: null });

  it("waits until somebody signs in and approves, and gives one token", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const { deviceCode, userCode, verificationUrlComplete } = await start();
    expect(userCode).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/);
    expect(verificationUrlComplete).toContain(`${ORIGIN}/device?user_code=`);
    expect((await finish(deviceCode)).body).toEqual({ status: "pending" });

    const page = `/device?user_code=${userCode}`;
    expect((await registry.get(page)).body).toContain("Sign in first");
    const signedIn = await form({ action: "sign-in", user_code: userCode, ...ALICE });
    expect([signedIn.status, signedIn.headers.get("location")]).toEqual([303, page]);
    const cookie = cookieOf(signedIn);
    const asked = await registry.get(page, { cookie });
    expect(asked.body).toContain("lora on laptop");
    expect(asked.headers.get("content-security-policy")).not.toContain("unsafe-inline");
    expect((await form({ action: "approve", user_code: userCode }, { cookie })).body).toContain("Approved");

    await letTimePass();
    const { body } = await finish(deviceCode);
    const { token, status } = body as { token: string; status: string };
    expect([status, isToken(token)]).toEqual(["approved", true]);
    const who = await registry.get("/api/v1/whoami", { authorization: `Bearer ${token}` });
    expect(who.body).toMatchObject({ token: { name: "lora on laptop" }, account: { name: "alice" } });
    expect((await finish(deviceCode)).status).toBe(403);
    // The browser's session is the only one.
    expect(await registry.db.select().from(tables.sessions)).toHaveLength(1);
  });

  it("ends when it is denied", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const { deviceCode, userCode } = await start();
    const cookie = cookieOf(await form({ action: "sign-in", user_code: userCode, ...ALICE }));
    expect((await form({ action: "deny", user_code: userCode }, { cookie })).body).toContain("Denied");
    const { status, body } = await finish(deviceCode);
    expect([status, body]).toMatchObject([403, { error: { code: "LOGIN_REFUSED" } }]);
  });

  it("is approved by nobody who is not signed in, and by no stranger's page", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const { deviceCode, userCode } = await start();
    const approve = { action: "approve", user_code: userCode };
    expect((await form(approve)).status).toBe(401);
    const cookie = cookieOf(await form({ action: "sign-in", user_code: userCode, ...ALICE }));
    for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
      expect((await form(approve, { cookie, ...headers })).status).toBe(403);
    }
    expect((await finish(deviceCode)).body).toEqual({ status: "pending" });
  });

  it("says of a wrong code and of a wrong password that they are wrong", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const refused = await form({ action: "sign-in", user_code: "x", ...ALICE, password: "wrong password" });
    expect([refused.status, refused.body]).toEqual([401, expect.stringContaining("is wrong")]);
    const cookie = cookieOf(await form({ action: "sign-in", user_code: "x", ...ALICE }));
    const unknown = await registry.get("/device?user_code=AAAA-AAAA", { cookie });
    expect([unknown.status, unknown.body]).toEqual([404, expect.stringContaining("no such code")]);
    expect((await finish("nothing")).status).toBe(403);
  });

  it("shows what it is told as text", async () => {
    await post("/api/auth/sign-up/email", ALICE);
    const { body } = await post("/api/v1/login", { label: "<script>alert(1)</script>" });
    const { userCode } = body as { userCode: string };
    const cookie = cookieOf(await form({ action: "sign-in", user_code: userCode, ...ALICE }));
    const page = await registry.get(`/device?user_code=${userCode}`, { cookie });
    expect(page.body).not.toContain("<script>");
  });
});
