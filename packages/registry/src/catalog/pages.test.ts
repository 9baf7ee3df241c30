// SPDX-License-Identifier: Apache-2.0
/** Pages beside the read paths: who gets which, and what strangers do not get at all. */
import type { PackageName, ScopeName } from "@lora/client/names";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tables } from "../database/index.ts";
import { createOrganisation } from "../organisations/index.ts";
import { setOwner } from "../scopes/owners.ts";
import { knowBase, makeScope, publish } from "../test/publisher.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../test/registry.ts";
import { setPackageVisibility, setScopeVisibility } from "../visibility/index.ts";

const HTML = { accept: "text/html,application/xhtml+xml" };

let registry: TestRegistry;
beforeAll(async () => {
  registry = await openTestRegistry();
  await registry.reset();
  await knowBase(registry);
  const key = await makeScope(registry);
  for (const name of ["@demo/seen", "@demo/hidden"]) {
    const { answer } = await publish(registry, key, {
      name,
      manifest: { description: "Says <b>nothing</b>", license: "MIT" },
    });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  }
  await setPackageVisibility(registry.db, "@demo/hidden" as PackageName, "private");
});
afterAll(() => registry.close());

/** Signs up and in. @returns the session's cookie */
async function signUp(name: string): Promise<{ cookie: string }> {
  const send = (path: string, fields: Record<string, string>) =>
    registry.request("POST", path, {
      headers: { "content-type": "application/x-www-form-urlencoded", origin: ORIGIN },
      body: new URLSearchParams(fields).toString(),
    });
  const [email, password] = [`${name}@example.org`, "correct horse battery"];
  const { headers } = await send("/account/sign-up", { name, email, password });
  const cookies = headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  return { cookie: cookies.join("; ") };
}

it.each([
  ["/nothing", HTML, "text/html; charset=UTF-8"],
  ["/nothing", {}, "application/json"],
  ["/index/@demo/none.json", HTML, "application/json"],
  ["/versions/@demo/seen/9.9.9/lora.json", HTML, "application/json"],
  ["/api/v1/nothing", HTML, "application/json"],
  ["/@demo/none", {}, "text/html; charset=UTF-8"],
])("%s is not there, for %o", async (path, accept, type) => {
  const { status, headers } = await registry.get(path, accept);
  expect([status, headers.get("content-type")]).toEqual([404, type]);
});

it("gives programs the same bytes, whatever they accept", async () => {
  const [plain, asked] = await Promise.all(
    [{}, HTML].map((accept) => registry.get("/index/@demo/seen.json", accept)),
  );
  expect(asked?.body).toEqual(plain?.body);
});

it("shows what an author wrote as text", async () => {
  const { body } = await registry.get("/@demo/seen");
  expect(body).toContain("Says &lt;b&gt;nothing&lt;/b&gt;");
  expect(body).not.toContain("<b>nothing</b>");
});

it.each([
  "/",
  "/search",
  "/search?q=hidden",
  "/@demo",
  "/feeds/all.atom",
  "/feeds/@demo.atom",
  "/sitemap-packages.xml",
])("%s does not name a private package", async (path) => {
  const { status, body } = await registry.get(path);
  expect(status).toBe(200);
  // The words that were asked for come back; the package does not.
  expect(body).not.toContain("@demo/hidden");
  expect(body).not.toContain("/<wbr/><b>hidden");
});

it.each([
  "/@demo/hidden",
  "/@demo/hidden/1.0.0",
  "/@demo/hidden/versions",
  "/@demo/hidden/dependencies",
  "/@demo/hidden/compare/1.0.0...1.0.0",
  "/badges/@demo/hidden.svg",
  "/pictures/@demo/hidden.png",
  "/feeds/@demo/hidden.atom",
])("%s is not there for strangers", async (path) => {
  expect((await registry.get(path)).status).toBe(404);
});

it("lets no form from elsewhere sign anybody in or out", async () => {
  const ofMembers = ["/account/scopes/@demo/members", "/account/organisations/acme/members"];
  for (const path of [
    ...["/account/sign-in", "/account/sign-up", "/account/sign-out", "/account/tokens"],
    ...["/account/tokens/revoke", "/account/passkeys/remove", "/account/organisations"],
    ...ofMembers.flatMap((path) => [path, `${path}/remove`]),
  ]) {
    const { status } = await registry.request("POST", path, {
      headers: { "content-type": "application/x-www-form-urlencoded", origin: "https://evil.test" },
      body: "email=a%40b.c&password=x",
    });
    expect([path, status]).toEqual([path, 403]);
  }
});

it("shows a private package to who may read it, and lets no cache keep the page", async () => {
  const [reader, stranger] = [await signUp("reader"), await signUp("stranger")];
  await signUp("owner");
  await setOwner(registry.db, "@demo" as ScopeName, "owner", "owner");
  await setOwner(registry.db, "@demo" as ScopeName, "reader", "reader");
  const lists = ["/", "/search", "/search?license=MIT", "/search?q=hidden", "/@demo"];
  for (const path of lists) {
    const seen = await registry.get(path, reader);
    expect([path, seen.body]).toEqual([path, expect.stringContaining("/@demo/hidden")]);
    expect(seen.headers.get("cache-control")).toBe("private, no-store");
    // Neither kept sums nor anything else passes from the one to the others.
    const other = await registry.get(path, stranger);
    expect(other.body).not.toContain('href="/@demo/hidden');
    const { body, headers } = await registry.get(path);
    expect(body).not.toContain('href="/@demo/hidden');
    expect(headers.get("vary")).toMatch(/cookie/);
  }
  expect((await registry.get("/search", reader)).body).toContain("2 abilities");
  expect((await registry.get("/search")).body).toContain("1 ability");
  for (const page of ["", "/1.0.0", "/versions", "/dependencies", "/compare/1.0.0...1.0.0"]) {
    const path = `/@demo/hidden${page}`;
    const seen = await registry.get(path, reader);
    expect([path, seen.status, seen.headers.get("cache-control")]).toEqual([path, 200, "private, no-store"]);
    expect([path, (await registry.get(path, stranger)).status]).toEqual([path, 404]);
  }
  // What else there is on the page leads to nothing that a session does not open.
  const { body } = await registry.get("/@demo/hidden", reader);
  expect(body).not.toMatch(
    /(?:href|content)="[^"]*\/(?:blobs|versions|index|pictures|feeds|badges)\/[^"]*hidden/,
  );
});

it("names owners and publishers of a scope to everybody, all members to members, and nobody of a private one", async () => {
  const [member, outsider] = [await signUp("member"), await signUp("outsider")];
  const scope = "@demo" as ScopeName;
  const named = async (who: Record<string, string>) => {
    const { body } = await registry.get("/@demo", who);
    const list = /<h2>Members<\/h2><ul.*?<\/ul>/.exec(String(body))?.[0] ?? "";
    return [...list.matchAll(/class="wrap">([^<]+)</g)].map(([, name]) => name);
  };
  const rows = await registry.db.select().from(tables.users);
  const owner = rows.find(({ name }) => name === "owner")?.id ?? "";
  await createOrganisation(registry.db, "guild", owner);
  await setOwner(registry.db, scope, "org:guild", "publisher");
  await setOwner(registry.db, scope, "member", "reader");
  expect(await named({})).toEqual(["owner"]);
  expect(await named(outsider)).toEqual(["owner"]);
  expect(await named(member)).toEqual(["owner", "reader", "org:guild", "member"]);
  await setScopeVisibility(registry.db, scope, "private");
  expect(await named(outsider)).toEqual([]);
  expect(await named(member)).toHaveLength(4);
  await setScopeVisibility(registry.db, scope, "public");
});
