// SPDX-License-Identifier: Apache-2.0
/**
 * Every route × every kind of caller. The routes come from the app: one without a row here fails the first test. Requests
 * that write are made so that whoever is let in gets no further than a body that is refused (400) or a thing that is not
 * there (404); what being let in does is for the tests of each route.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { ACTIONS, type Action } from "./auth/index.ts";
import { tables } from "./database/index.ts";
import { makeScope, publish, type Signed } from "./test/publisher.ts";
import { openTestRegistry, sha256Hex, type TestRegistry } from "./test/registry.ts";

const CALLERS = [
  "anonymous",
  "stranger",
  "reader",
  "publisher",
  "owner",
  "member",
  "revoked",
  "expired",
  "otherPackages",
  "otherActions",
  "otherNetwork",
  "memberOtherPackages",
  "oidc",
  "admin",
] as const;
type CallerKind = (typeof CALLERS)[number];
type Statuses = Record<CallerKind, number>;

let registry: TestRegistry;
let secret: Signed;
const tokens = new Map<CallerKind, string>();
const userIds = new Map<string, string>();

beforeAll(async () => {
  registry = await openTestRegistry();
  await registry.reset();
  const { db } = registry;
  const now = new Date();
  for (const name of ["owner", "publisher", "reader", "stranger", "member"]) {
    const id = `id-of-${name}`;
    userIds.set(name, id);
    const times = { createdAt: now, updatedAt: now };
    await db
      .insert(tables.users)
      .values({ id, name, email: `${name}@example.org`, emailVerified: false, ...times });
    tokens.set(name as CallerKind, await registry.makeToken([...ACTIONS], { userId: id }));
  }
  const key = await makeScope(registry, "@acme");
  await publish(registry, key, { name: "@acme/open" });
  ({ signed: secret } = await publish(registry, key, { name: "@acme/secret" }));
  await registry.send("PUT", "/api/v1/packages/@acme/secret/visibility", { visibility: "private" });
  for (const role of ["owner", "publisher", "reader"]) {
    await registry.send("PUT", `/api/v1/scopes/@acme/owners/${role}`, { role });
  }
  // An owner of an organisation that is a publisher of the scope: a publisher.
  const organisation = { id: "id-of-staff", name: "staff", createdAt: now };
  await db.insert(tables.organisations).values(organisation);
  await db.insert(tables.organisationMembers).values({
    organisationId: organisation.id,
    userId: "id-of-member",
    role: "owner",
    addedAt: now,
  });
  await registry.send("PUT", "/api/v1/scopes/@acme/owners/org:staff", { role: "publisher" });

  const ofOwner = { userId: "id-of-owner" };
  const long = (days: number) => new Date(Date.now() + days * 86_400_000);
  const make = (row: Parameters<TestRegistry["makeToken"]>[1]) =>
    registry.makeToken([...ACTIONS], { ...ofOwner, ...row });
  tokens.set("revoked", await make({ revokedAt: now }));
  tokens.set("expired", await make({ expiresAt: long(-1) }));
  tokens.set("otherPackages", await make({ packages: ["@acme/other-*", "@other/*"] }));
  tokens.set("otherNetwork", await make({ cidrs: ["192.0.2.0/24"] }));
  const packages = ["@acme/other-*", "@other/*"];
  tokens.set(
    "memberOtherPackages",
    await registry.makeToken([...ACTIONS], { userId: "id-of-member", packages }),
  );
  tokens.set("admin", registry.adminToken);
  const { body } = await registry.send("POST", "/api/v1/packages/@acme/secret/publishers", {
    provider: "github",
    ownerId: "1",
    repository: "acme/secret",
    workflow: "release.yml",
  });
  const publisherId = (body as { id: number }).id;
  tokens.set(
    "oidc",
    await registry.makeToken(["read", "publish-new", "publish-update"], {
      publisherId,
      packages: ["@acme/secret"],
    }),
  );
}, 60_000);
afterAll(() => registry.close());

interface Row {
  path: string | (() => string);
  statuses: Statuses;
  /** Of which the token `otherActions` has none. */
  actions?: readonly Action[];
  body?: unknown;
  /** As a browser's form. */
  isForm?: boolean;
}

const all = (status: number, but: Partial<Statuses> = {}): Statuses => ({
  ...(Object.fromEntries(CALLERS.map((caller) => [caller, status])) as Statuses),
  ...but,
});
/** No token is looked at. */
const everybody = (path: Row["path"], status = 200): Row => ({ path, statuses: all(status) });
const BAD = { revoked: 401, expired: 401, otherNetwork: 403 };
/** A file of the private package. */
const secretFile = (path: Row["path"]): Row => ({
  path,
  actions: ["read"],
  statuses: all(200, {
    ...BAD,
    anonymous: 404,
    stranger: 404,
    otherPackages: 404,
    memberOtherPackages: 404,
    otherActions: 404,
  }),
});
const NOBODY = { ...BAD, anonymous: 401, otherActions: 403 };
/** Something that is done to the scope or to a package of it. */
const act = (
  path: string,
  actions: readonly Action[],
  least: "reader" | "publisher" | "owner",
  letIn: number,
  but: Partial<Statuses> = {},
): Row => ({
  path,
  actions,
  body: { nothing: "known" },
  statuses: all(letIn, {
    ...NOBODY,
    stranger: 403,
    otherPackages: 403,
    memberOtherPackages: 403,
    oidc: 403,
    ...(least === "reader" ? {} : { reader: 403 }),
    ...(least === "owner" ? { publisher: 403, member: 403 } : {}),
    ...but,
  }),
});
/** Something that a token does without regard to a scope. */
const own = (path: string, actions: readonly Action[], letIn: number, but: Partial<Statuses> = {}): Row => ({
  path,
  actions,
  body: { nothing: "known" },
  statuses: all(letIn, { ...NOBODY, ...but }),
});
/** Something that concerns the whole registry. */
const operate = (path: string, letIn: number): Row => ({
  path,
  actions: ["owners"],
  body: { nothing: "known" },
  statuses: all(403, { ...NOBODY, admin: letIn }),
});

const PUBLISH: readonly Action[] = ["publish-new", "publish-update"];
const SECRET = "/api/v1/packages/@acme/secret";
const KEY_ID = "0".repeat(64);
const manifestSha = () => sha256Hex(secret.files.get("lora.json") ?? "");

const ROWS: Record<string, Row> = {
  "GET /registry.json": everybody("/registry.json"),
  "GET /index/:scope/:file": secretFile("/index/@acme/secret.json"),
  "GET /versions/:scope/:name/:version/lora.json": secretFile("/versions/@acme/secret/1.0.0/lora.json"),
  "GET /versions/:scope/:name/:version/signature.json": secretFile(
    "/versions/@acme/secret/1.0.0/signature.json",
  ),
  "GET /versions/:scope/:name/:version/receipt": secretFile("/versions/@acme/secret/1.0.0/receipt"),
  "GET /blobs/sha256/:sha256": secretFile(() => `/blobs/sha256/${manifestSha()}`),
  "GET /bases/:file": everybody(`/bases/lfp1:${KEY_ID}.json`, 404),
  "GET /bases/:fingerprint/norms.safetensors": everybody(`/bases/lfp1:${KEY_ID}/norms.safetensors`, 404),
  "GET /bases/:fingerprint/same.json": everybody(`/bases/lfp1:${KEY_ID}/same.json`, 404),
  "GET /scopes/:file": everybody("/scopes/@acme.json"),
  "GET /schema/lora.json": everybody("/schema/lora.json"),
  "GET /log/checkpoint": everybody("/log/checkpoint"),
  "GET /log/tile/*": everybody("/log/tile/entries/999", 404),
  "GET /healthz": everybody("/healthz"),
  "GET /readyz": everybody("/readyz"),
  // From the machine itself, or with the operator's secret: neither is here.
  "GET /metrics": everybody("/metrics", 404),
  "GET /api": everybody("/api"),
  "GET /api/v1/openapi.json": everybody("/api/v1/openapi.json"),

  "GET /api/auth/*": everybody("/api/auth/get-session"),
  "POST /api/auth/*": { ...everybody("/api/auth/sign-in/email", 403), body: {} },
  "GET /device": everybody("/device?user_code=AAAA-AAAA"),
  "POST /device": { ...everybody("/device", 403), isForm: true },
  "POST /api/v1/login": { ...everybody("/api/v1/login", 400), body: {} },
  "POST /api/v1/login/token": { ...everybody("/api/v1/login/token", 400), body: {} },
  "POST /api/v1/oidc/token": { ...everybody("/api/v1/oidc/token", 400), body: {} },

  "GET /api/v1/whoami": { path: "/api/v1/whoami", statuses: all(200, { ...BAD, anonymous: 401 }) },
  "GET /api/v1/packages/:scope/:name/downloads": secretFile(`${SECRET}/downloads`),
  "GET /api/v1/search": { path: "/api/v1/search", statuses: all(200, BAD) },
  "GET /api/v1/tokens": own("/api/v1/tokens", ["tokens"], 200, { oidc: 403 }),
  "POST /api/v1/tokens": own("/api/v1/tokens", ["tokens"], 400, { oidc: 403 }),
  "DELETE /api/v1/tokens/:id": own("/api/v1/tokens/999999", ["tokens"], 404, { oidc: 403 }),

  "POST /api/v1/scopes": own("/api/v1/scopes", ["owners"], 400, { oidc: 403 }),
  "POST /api/v1/scopes/:scope/keys": act("/api/v1/scopes/@acme/keys", ["owners"], "owner", 400),
  "POST /api/v1/scopes/:scope/keys/:keyId/revoke": act(
    `/api/v1/scopes/@acme/keys/${KEY_ID}/revoke`,
    ["owners"],
    "owner",
    400,
  ),
  "GET /api/v1/scopes/:scope/owners": act("/api/v1/scopes/@acme/owners", ["read", "owners"], "reader", 200),
  "PUT /api/v1/scopes/:scope/owners/:holder": act(
    "/api/v1/scopes/@acme/owners/eve",
    ["owners"],
    "owner",
    400,
  ),
  "DELETE /api/v1/scopes/:scope/owners/:holder": act(
    "/api/v1/scopes/@acme/owners/eve",
    ["owners"],
    "owner",
    404,
  ),
  "PUT /api/v1/scopes/:scope/visibility": act("/api/v1/scopes/@acme/visibility", ["owners"], "owner", 400),

  "GET /api/v1/organisations": own("/api/v1/organisations", ["read", "owners"], 200),
  "POST /api/v1/organisations": own("/api/v1/organisations", ["owners"], 400, {
    otherPackages: 403,
    memberOtherPackages: 403,
    oidc: 403,
    // It belongs to no account.
    admin: 403,
  }),
  "GET /api/v1/organisations/:organisation/members": own(
    "/api/v1/organisations/staff/members",
    ["read", "owners"],
    404,
    { member: 200, memberOtherPackages: 200, admin: 200 },
  ),
  "PUT /api/v1/organisations/:organisation/members/:member": own(
    "/api/v1/organisations/staff/members/eve",
    ["owners"],
    404,
    { member: 400, admin: 400, oidc: 403, otherPackages: 403, memberOtherPackages: 403 },
  ),
  "DELETE /api/v1/organisations/:organisation/members/:member": own(
    "/api/v1/organisations/staff/members/eve",
    ["owners"],
    404,
    { oidc: 403, otherPackages: 403, memberOtherPackages: 403 },
  ),

  "GET /api/v1/webhooks": operate("/api/v1/webhooks", 200),
  "POST /api/v1/webhooks": operate("/api/v1/webhooks", 400),
  "DELETE /api/v1/webhooks/:id": operate("/api/v1/webhooks/999999", 404),
  "POST /api/v1/webhooks/:id/test": operate("/api/v1/webhooks/999999/test", 404),

  "GET /api/v1/bases": everybody("/api/v1/bases?name=x"),
  "PUT /api/v1/bases/:fingerprint/norms": own(`/api/v1/bases/lfp1:${KEY_ID}/norms`, PUBLISH, 404),
  "PUT /api/v1/bases/:fingerprint": own(`/api/v1/bases/lfp1:${KEY_ID}`, PUBLISH, 422),
  "POST /api/v1/uploads": own("/api/v1/uploads", PUBLISH, 400),
  "PUT /api/v1/uploads/sha256/:sha256": own("/api/v1/uploads/sha256/nothing", PUBLISH, 400),
  "POST /api/v1/uploads/sha256/:sha256/parts": own(`/api/v1/uploads/sha256/${KEY_ID}/parts`, PUBLISH, 400),
  "POST /api/v1/uploads/sha256/:sha256/complete": own(
    `/api/v1/uploads/sha256/${KEY_ID}/complete`,
    PUBLISH,
    400,
  ),
  "PUT /api/v1/packages/:scope/:name/versions/:version": act(
    `${SECRET}/versions/2.0.0`,
    PUBLISH,
    "publisher",
    400,
    { oidc: 400 },
  ),
  "PUT /api/v1/packages/:scope/:name/versions/:version/takedown": operate(
    `${SECRET}/versions/1.0.0/takedown`,
    400,
  ),
  "PUT /api/v1/packages/:scope/:name/versions/:version/yank": act(
    `${SECRET}/versions/1.0.0/yank`,
    ["yank"],
    "publisher",
    400,
  ),
  "DELETE /api/v1/packages/:scope/:name/versions/:version/yank": act(
    `${SECRET}/versions/9.9.9/yank`,
    ["yank"],
    "publisher",
    404,
  ),
  "PUT /api/v1/packages/:scope/:name/versions/:version/deprecation": act(
    `${SECRET}/versions/1.0.0/deprecation`,
    ["publish-update"],
    "publisher",
    400,
    { oidc: 400 },
  ),
  "DELETE /api/v1/packages/:scope/:name/versions/:version/deprecation": act(
    `${SECRET}/versions/9.9.9/deprecation`,
    ["publish-update"],
    "publisher",
    404,
    { oidc: 404 },
  ),
  "PUT /api/v1/packages/:scope/:name/dist-tags/:tag": act(
    `${SECRET}/dist-tags/beta`,
    ["publish-update"],
    "publisher",
    400,
    { oidc: 400 },
  ),
  "DELETE /api/v1/packages/:scope/:name/dist-tags/:tag": act(
    `${SECRET}/dist-tags/beta`,
    ["publish-update"],
    "publisher",
    200,
    { oidc: 200 },
  ),
  "PUT /api/v1/packages/:scope/:name/visibility": act(`${SECRET}/visibility`, ["owners"], "owner", 400),
  "GET /api/v1/packages/:scope/:name/publishers": act(`${SECRET}/publishers`, ["owners"], "owner", 200),
  "POST /api/v1/packages/:scope/:name/publishers": act(`${SECRET}/publishers`, ["owners"], "owner", 400),
  "DELETE /api/v1/packages/:scope/:name/publishers/:id": act(
    `${SECRET}/publishers/999999`,
    ["owners"],
    "owner",
    404,
  ),
};

/** Pages look at no token, and show nothing of what is private. */
const PAGES: Record<string, Row> = {
  "GET /": everybody("/"),
  "GET /search": everybody("/search?q=secret"),
  "GET /models": everybody("/models"),
  "GET /models/:fingerprint": everybody(`/models/lfp1:${KEY_ID}`, 404),
  "GET /my-model": everybody("/my-model"),
  "GET /log": everybody("/log"),
  "GET /:scope{@[^/]+}": everybody("/@acme"),
  "GET /:scope{@[^/]+}/:name": everybody("/@acme/secret", 404),
  "GET /:scope{@[^/]+}/:name/:version": everybody("/@acme/secret/1.0.0", 404),
  "GET /:scope{@[^/]+}/:name/versions": everybody("/@acme/secret/versions", 404),
  "GET /:scope{@[^/]+}/:name/dependencies": everybody("/@acme/secret/dependencies", 404),
  "GET /:scope{@[^/]+}/:name/compare": everybody("/@acme/secret/compare", 400),
  "GET /:scope{@[^/]+}/:name/compare/:range": everybody("/@acme/secret/compare/1.0.0...1.0.0", 404),
  "GET /account": everybody("/account"),
  "GET /account/sign-up": everybody("/account/sign-up"),
  "POST /account/sign-up": { ...everybody("/account/sign-up", 403), isForm: true },
  "POST /account/sign-in": { ...everybody("/account/sign-in", 403), isForm: true },
  "POST /account/sign-out": { ...everybody("/account/sign-out", 403), isForm: true },
  "GET /account/organisations/:organisation": everybody("/account/organisations/staff", 303),
  "GET /account/scopes/:scope": everybody("/account/scopes/@acme", 303),
  "POST /account/organisations": { ...everybody("/account/organisations", 403), isForm: true },
  "POST /account/organisations/:organisation/members": {
    ...everybody("/account/organisations/staff/members", 403),
    isForm: true,
  },
  "POST /account/organisations/:organisation/members/remove": {
    ...everybody("/account/organisations/staff/members/remove", 403),
    isForm: true,
  },
  "POST /account/passkeys/remove": { ...everybody("/account/passkeys/remove", 403), isForm: true },
  "POST /account/scopes/:scope/members": { ...everybody("/account/scopes/@acme/members", 403), isForm: true },
  "POST /account/scopes/:scope/members/remove": {
    ...everybody("/account/scopes/@acme/members/remove", 403),
    isForm: true,
  },
  "POST /account/tokens": { ...everybody("/account/tokens", 403), isForm: true },
  "POST /account/tokens/revoke": { ...everybody("/account/tokens/revoke", 403), isForm: true },
  "GET /badges/:scope/:file": everybody("/badges/@acme/secret.svg", 404),
  "GET /feeds/:file": everybody("/feeds/@acme.atom"),
  "GET /feeds/:scope/:file": everybody("/feeds/@acme/secret.atom", 404),
  "GET /pictures/:file": everybody("/pictures/nothing.png", 404),
  "GET /pictures/:scope/:file": everybody("/pictures/@acme/secret.png", 404),
  "GET /assets/:file": everybody("/assets/nothing.js", 404),
  "GET /favicon.ico": everybody("/favicon.ico", 302),
  "GET /favicon.svg": everybody("/favicon.svg", 302),
  "GET /opensearch.xml": everybody("/opensearch.xml"),
  "GET /robots.txt": everybody("/robots.txt"),
  "GET /llms.txt": everybody("/llms.txt"),
  "GET /sitemap.xml": everybody("/sitemap.xml"),
  "GET /sitemap-packages.xml": everybody("/sitemap-packages.xml"),
};

async function statusFor(route: string, row: Row, caller: CallerKind): Promise<number> {
  const token = caller === "otherActions" ? await tokenWithout(row.actions ?? []) : tokens.get(caller);
  const path = typeof row.path === "string" ? row.path : row.path();
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const method = route.split(" ")[0] ?? "";
  const init: RequestInit = { headers };
  if (row.isForm) headers["content-type"] = "application/x-www-form-urlencoded";
  else if (row.body !== undefined && method !== "GET" && method !== "DELETE") {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(row.body);
  }
  return (await registry.request(method, path, init)).status;
}

const limited = new Map<string, string>();
async function tokenWithout(actions: readonly Action[]): Promise<string> {
  const others = ACTIONS.filter((action) => !actions.includes(action));
  const made = limited.get(others.join()) ?? (await registry.makeToken(others, { userId: "id-of-owner" }));
  limited.set(others.join(), made);
  return made;
}

it("has a row for every route of the app", () => {
  const routes = createApp(registry.deps)
    .routes.filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(routes)].sort()).toEqual(Object.keys({ ...ROWS, ...PAGES }).sort());
});

describe("who may do what", () => {
  it.each(Object.entries({ ...ROWS, ...PAGES }))("%s", async (route, row) => {
    const before = await registry.stored();
    const found = {} as Statuses;
    for (const caller of CALLERS) found[caller] = await statusFor(route, row, caller);
    expect(found).toEqual(row.statuses);
    expect(await registry.stored()).toEqual(before);
  });

  it("shows what is public to everybody, whatever token they have", async () => {
    for (const path of ["/index/@acme/open.json", "/versions/@acme/open/1.0.0/signature.json"]) {
      for (const caller of CALLERS) {
        const row = { path, statuses: all(200) };
        expect([path, caller, await statusFor("GET ", row, caller)]).toEqual([path, caller, 200]);
      }
    }
  });

  it("shows no page that names a private package", async () => {
    // The log is public, whole: docs/accounts.md says so.
    const pages = Object.entries(PAGES).filter(([route]) => route !== "GET /log");
    for (const [, { path }] of pages) {
      const { status, body } = await registry.get(path as string);
      if (status === 200 && path !== "/search?q=secret") {
        expect([path, JSON.stringify(body).includes("acme/secret")]).toEqual([path, false]);
      }
    }
    expect(JSON.stringify((await registry.get("/search?q=secret")).body)).not.toContain("@acme/secret");
  });

  it("finds a private package for those alone who may read it", async () => {
    const finds = async (caller: CallerKind) => {
      const token = caller === "otherActions" ? await tokenWithout(["read"]) : tokens.get(caller);
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const { body } = await registry.get("/api/v1/search?q=secret&scope=@acme", headers);
      return ((body as { packages?: { name: string }[] }).packages ?? []).map(({ name }) => name);
    };
    for (const caller of CALLERS) {
      const may = ["reader", "publisher", "owner", "member", "oidc", "admin"].includes(caller);
      expect([caller, await finds(caller)]).toEqual([caller, may ? ["@acme/secret"] : []]);
    }
  });

  it("says the same of a private package as of none, to the letter", async () => {
    const words = async (name: string, token?: string) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answers = [
        await registry.get(`/index/@acme/${name}.json`, headers),
        await registry.get(`/versions/@acme/${name}/1.0.0/lora.json`, headers),
        await registry.send("PUT", `/api/v1/packages/@acme/${name}/visibility`, {}, headers),
      ];
      return JSON.stringify(answers.map(({ status, body }) => [status, body])).replaceAll(name, "NAME");
    };
    for (const caller of ["stranger", "revoked", "expired", "otherNetwork"] as const) {
      expect(await words("secret", tokens.get(caller))).toBe(await words("absent", tokens.get(caller)));
    }
  });

  it("lets no shared cache keep what is private", async () => {
    const headers = { authorization: `Bearer ${tokens.get("reader")}` };
    for (const path of [
      "/index/@acme/secret.json",
      "/versions/@acme/secret/1.0.0/lora.json",
      `/blobs/sha256/${manifestSha()}`,
    ]) {
      const { headers: answered } = await registry.get(path, headers);
      expect([path, answered.get("cache-control")]).toEqual([path, expect.stringMatching(/^private, /)]);
      // What a process keeps in memory it would show to the next one who asks.
      expect((await registry.get(path)).status).toBe(404);
      expect((await registry.get(path)).headers.get("cache-control")).toBe("no-store");
    }
  });
});
