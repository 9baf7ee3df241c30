// SPDX-License-Identifier: Apache-2.0
/** Pages beside the read paths: who gets which, and what strangers do not get at all. */
import type { PackageName } from "@lora/client/names";
import { afterAll, beforeAll, expect, it } from "vitest";
import { knowBase, makeScope, publish } from "../test/publisher.ts";
import { openTestRegistry, type TestRegistry } from "../test/registry.ts";
import { setPackageVisibility } from "../visibility/index.ts";

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
  for (const path of ["/account/sign-in", "/account/sign-up", "/account/sign-out", "/account/tokens"]) {
    const { status } = await registry.request("POST", path, {
      headers: { "content-type": "application/x-www-form-urlencoded", origin: "https://evil.test" },
      body: "email=a%40b.c&password=x",
    });
    expect([path, status]).toEqual([path, 403]);
  }
});
