// SPDX-License-Identifier: Apache-2.0
/**
 * Every page of accounts × everybody who has a browser: what a session may do, what it may no longer do, and that nobody
 * else's page does it with the visitor's cookies. Tokens are in access.test.ts.
 */
import { asc } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { ACTIONS } from "./auth/index.ts";
import { tables } from "./database/index.ts";
import { makeScope, publish } from "./test/publisher.ts";
import { openTestRegistry, type TestRegistry } from "./test/registry.ts";

/** `member` owns an organisation that is a publisher of the scope; `gone` was an owner whose session was ended. */
const NAMES = ["stranger", "reader", "publisher", "member", "owner", "gone"] as const;
type Name = (typeof NAMES)[number];
const PASSWORD = "correct horse";

let registry: TestRegistry;
let tokenOfOwner: string;
const cookies = new Map<Name, string>();
const userIds = new Map<Name, string>();

beforeAll(async () => {
  registry = await openTestRegistry();
  await registry.reset();
  const { accounts } = registry.deps;
  const key = await makeScope(registry, "@acme");
  await publish(registry, key, { name: "@acme/secret" });
  await registry.send("PUT", "/api/v1/packages/@acme/secret/visibility", { visibility: "private" });
  for (const name of NAMES) {
    const email = `${name}@example.org`;
    const { userId } = await accounts.createAccount({ name, email, password: PASSWORD });
    userIds.set(name, userId);
    const set = await accounts.signIn(email, PASSWORD, new Headers());
    cookies.set(name, set.map((cookie) => cookie.split(";")[0]).join("; "));
  }
  for (const [name, role] of [
    // The owner first: a scope without one takes nobody.
    ["owner", "owner"],
    ["gone", "owner"],
    ["publisher", "publisher"],
    ["reader", "reader"],
  ]) {
    await registry.send("PUT", `/api/v1/scopes/@acme/owners/${name}`, { role });
  }
  const addedAt = new Date();
  await registry.db.insert(tables.organisations).values({ id: "staff", name: "staff", createdAt: addedAt });
  await registry.db
    .insert(tables.organisationMembers)
    .values({ organisationId: "staff", userId: userIds.get("member") ?? "", role: "owner", addedAt });
  await registry.send("PUT", "/api/v1/scopes/@acme/owners/org:staff", { role: "publisher" });
  tokenOfOwner = await registry.makeToken([...ACTIONS], { userId: userIds.get("owner") ?? "" });
  await registry.db.insert(tables.passkeys).values({
    id: "passkey-of-owner",
    userId: userIds.get("owner") ?? "",
    publicKey: "",
    credentialID: "",
    counter: 0,
    deviceType: "",
    backedUp: false,
  });
  await accounts.signOut(new Headers({ cookie: cookies.get("gone") ?? "" }));
}, 60_000);
afterAll(() => registry.close());

async function ask(route: string, by: Name, form: string | undefined, site = "same-origin") {
  const [method = "", path = ""] = route.split(" ");
  const headers: Record<string, string> = { cookie: cookies.get(by) ?? "", "sec-fetch-site": site };
  if (method === "POST") headers["content-type"] = "application/x-www-form-urlencoded";
  return registry.request(method, path, { headers, ...(form === undefined ? {} : { body: form }) });
}

/** Who may do what, and with which passkeys and tokens. */
async function rights() {
  const { organisationMembers, organisations, passkeys, scopeMembers, tokens } = tables;
  const { id, revokedAt } = tokens;
  return JSON.stringify([
    await registry.db.select().from(scopeMembers).orderBy(asc(scopeMembers.id)),
    await registry.db.select().from(organisationMembers).orderBy(asc(organisationMembers.userId)),
    await registry.db.select().from(organisations),
    await registry.db.select().from(passkeys),
    await registry.db.select({ id, revokedAt }).from(tokens).orderBy(asc(id)),
  ]);
}

const all = (status: number, but: Partial<Record<Name, number>> = {}): Record<Name, number> => ({
  ...(Object.fromEntries(NAMES.map((name) => [name, status])) as Record<Name, number>),
  ...but,
});

interface Row {
  path: string;
  /** What it sends: something that is refused (400, 404) to whoever may do the like. */
  form?: string;
  /** 303 leads to /account, as for somebody who is not signed in. */
  statuses: Record<Name, number>;
}

const ROWS: Record<string, Row> = {
  "GET /account": { path: "/account", statuses: all(200) },
  "GET /account/scopes/:scope": {
    path: "/account/scopes/@acme",
    statuses: all(200, { stranger: 403, gone: 303 }),
  },
  "POST /account/scopes/:scope/members": {
    path: "/account/scopes/@acme/members",
    form: "member=stranger&role=emperor",
    statuses: all(403, { owner: 400, gone: 303 }),
  },
  "POST /account/scopes/:scope/members/remove": {
    path: "/account/scopes/@acme/members/remove",
    form: "member=nobody",
    statuses: all(403, { owner: 404, gone: 303 }),
  },
  "GET /account/organisations/:organisation": {
    path: "/account/organisations/staff",
    statuses: all(404, { member: 200, gone: 303 }),
  },
  "POST /account/organisations": {
    path: "/account/organisations",
    form: "name=NO",
    statuses: all(400, { gone: 303 }),
  },
  "POST /account/organisations/:organisation/members": {
    path: "/account/organisations/staff/members",
    form: "member=stranger&role=emperor",
    statuses: all(404, { member: 400, gone: 303 }),
  },
  "POST /account/organisations/:organisation/members/remove": {
    path: "/account/organisations/staff/members/remove",
    // The last owner: a conflict for the one who may.
    form: "member=member",
    statuses: all(404, { member: 409, gone: 303 }),
  },
  "POST /account/passkeys/remove": {
    path: "/account/passkeys/remove",
    form: "id=nothing",
    statuses: all(303),
  },
  "POST /account/tokens": {
    path: "/account/tokens",
    form: "name=x&action=everything",
    statuses: all(400, { gone: 303 }),
  },
  "POST /account/tokens/revoke": {
    path: "/account/tokens/revoke",
    form: "id=999999",
    statuses: all(303),
  },
  "GET /device": { path: "/device?user_code=ABCD-EFGH", statuses: all(404, { gone: 200 }) },
  "POST /device": {
    path: "/device",
    form: "action=approve&user_code=ABCD-EFGH",
    statuses: all(404, { gone: 401 }),
  },
};
/** They begin or end a session, and ask for none. */
const WITHOUT_SESSION = [
  "GET /account/sign-up",
  "POST /account/sign-up",
  "POST /account/sign-in",
  "POST /account/sign-out",
];

it("has a row for every page of accounts", () => {
  const routes = createApp(registry.deps)
    .routes.filter(({ method, path }) => method !== "ALL" && /^\/(?:account|device)/.test(path))
    .map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(routes)].sort()).toEqual([...Object.keys(ROWS), ...WITHOUT_SESSION].sort());
});

describe("a session", () => {
  it.each(Object.entries(ROWS))("%s", async (route, { path, form, statuses }) => {
    const before = await rights();
    const found = {} as Record<Name, number>;
    const request = `${route.split(" ")[0]} ${path}`;
    for (const name of NAMES) found[name] = (await ask(request, name, form)).status;
    expect(found).toEqual(statuses);
    expect(await rights()).toEqual(before);
  });

  it("touches nothing of another account", async () => {
    const before = await rights();
    const rows = await registry.db.select({ id: tables.tokens.id }).from(tables.tokens);
    for (const name of ["stranger", "reader", "member", "gone"] as const) {
      for (const { id } of rows) await ask("POST /account/tokens/revoke", name, `id=${id}`);
      await ask("POST /account/passkeys/remove", name, "id=passkey-of-owner");
    }
    expect(await rights()).toEqual(before);
    const headers = { authorization: `Bearer ${tokenOfOwner}` };
    expect((await registry.get("/api/v1/whoami", headers)).status).toBe(200);
  });

  it("is of no use to another site's forms", async () => {
    const before = await rights();
    const forms: [string, string][] = [
      ["POST /account/scopes/@acme/members", "member=stranger&role=owner"],
      ["POST /account/scopes/@acme/members/remove", "member=reader"],
      ["POST /account/organisations", "name=made-by-others"],
      ["POST /account/tokens", "name=x&action=owners&days=365"],
      ["POST /account/passkeys/remove", "id=passkey-of-owner"],
      ["POST /account/sign-out", ""],
      ["POST /device", "action=approve&user_code=ABCD-EFGH"],
    ];
    for (const [route, form] of forms) {
      for (const site of ["cross-site", "same-site", "none"])
        expect([route, site, (await ask(route, "owner", form, site)).status]).toEqual([route, site, 403]);
    }
    expect(await rights()).toEqual(before);
    expect((await ask("GET /account/scopes/@acme", "owner", undefined)).status).toBe(200);
  });

  it("is no token: the API and the files of private packages do not look at it", async () => {
    for (const name of NAMES) {
      const statuses = [];
      for (const path of [
        "/api/v1/tokens",
        "/index/@acme/secret.json",
        "/api/v1/packages/@acme/secret/downloads",
      ])
        statuses.push((await ask(`GET ${path}`, name, undefined)).status);
      expect([name, ...statuses]).toEqual([name, 401, 404, 404]);
    }
  });

  it("shows pages of a private package to those alone who may read it, and to no cache", async () => {
    const pages = ["", "/1.0.0", "/versions", "/dependencies", "/compare/1.0.0...1.0.0"];
    for (const page of pages) {
      for (const name of NAMES) {
        const may = !["stranger", "gone"].includes(name);
        const { status, headers } = await ask(`GET /@acme/secret${page}`, name, undefined);
        expect([page, name, status === 404]).toEqual([page, name, !may]);
        expect([page, headers.get("cache-control")]).toEqual([
          page,
          expect.stringMatching(/^(?:private|no-store)/),
        ]);
      }
      // Nor does the process give to the next one what it made for a member.
      expect([page, (await registry.get(`/@acme/secret${page}`)).status]).toEqual([page, 404]);
    }
    for (const name of ["stranger", "gone"] as const) {
      for (const path of [
        "/",
        "/search?q=secret",
        "/@acme",
        "/feeds/@acme.atom",
        "/sitemap-packages.xml",
        "/models",
      ]) {
        const { body } = await ask(`GET ${path}`, name, undefined);
        expect([path, name, String(body).includes("acme/secret")]).toEqual([path, name, false]);
      }
    }
  });

  it("may no more than its account, from the moment on that a role is taken away, and a token neither", async () => {
    const headers = {
      authorization: `Bearer ${await registry.makeToken([...ACTIONS], { userId: userIds.get("reader") ?? "" })}`,
    };
    const seen = async () => [
      (await ask("GET /account/scopes/@acme", "reader", undefined)).status,
      (await registry.get("/index/@acme/secret.json", headers)).status,
      (await registry.get("/versions/@acme/secret/1.0.0/lora.json", headers)).status,
    ];
    expect(await seen()).toEqual([200, 200, 200]);
    await registry.send("DELETE", "/api/v1/scopes/@acme/owners/reader");
    expect(await seen()).toEqual([403, 404, 404]);

    const member = {
      authorization: `Bearer ${await registry.makeToken([...ACTIONS], { userId: userIds.get("member") ?? "" })}`,
    };
    const read = async () => (await registry.get("/index/@acme/secret.json", member)).status;
    expect(await read()).toBe(200);
    await registry.send("DELETE", "/api/v1/scopes/@acme/owners/org:staff");
    expect(await read()).toBe(404);
  });
});
