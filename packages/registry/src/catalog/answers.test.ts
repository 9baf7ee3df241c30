// SPDX-License-Identifier: Apache-2.0
/** What pages say of a registry that holds more, or odder things, than one would like. */
import type { PackageName } from "@lora/client/names";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, knowBase, makeScope, publish, tinySayBase, upperEntry } from "../test/publisher.ts";
import { ORIGIN, openTestRegistry, type TestRegistry } from "../test/registry.ts";
import { setPackageVisibility } from "../visibility/index.ts";
import { CONTENT_SECURITY_POLICY } from "./answer.tsx";

/** Becomes an element, and leaves an attribute, wherever it is not taken as text. */
const EVIL = `"'><x-evil y=z>&lt;`;

let registry: TestRegistry;
let model: string;
beforeAll(async () => {
  registry = await openTestRegistry();
  await registry.reset();
  model = `/models/${await knowBase(registry)}`;
  const key = await makeScope(registry);
  const put = async (name: string, version = "1.0.0", manifest = {}, files = {}) => {
    const { answer } = await publish(registry, key, { name, version, manifest, files });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  };
  const adapters = [await upperEntry()];
  await put("@demo/upper", "1.0.0", { adapters }, { "upper.gguf": await fixture("v1/upper.gguf") });
  await put("@demo/nothing");
  const { base } = await upperEntry();
  await put(
    "@demo/evil",
    "1.0.0",
    {
      adapters: [await upperEntry({ base: { ...base, name: EVIL } })],
      description: EVIL,
      keywords: [EVIL],
      license: EVIL,
      homepage: `https://example.org/?${encodeURI(EVIL)}`,
      readme: "README.md",
      examples: [{ prompt: EVIL, expect: { contains: EVIL } }],
      "x-note": EVIL,
    },
    {
      "upper.gguf": await fixture("v1/upper.gguf"),
      "README.md": new TextEncoder().encode(EVIL),
    },
  );
  const evil = "/api/v1/packages/@demo/evil/versions/1.0.0";
  for (const [path, body] of [
    [`${evil}/deprecation`, { message: EVIL }],
    [model.replace("/models/", "/api/v1/bases/"), { ...(await tinySayBase()).record, names: [EVIL] }],
  ] as const) {
    const { status, body: said } = await registry.send("PUT", path, body);
    if (status >= 300) throw new Error(JSON.stringify(said));
  }
  await put("@demo/maybe", "1.0.0", { optionalDependencies: { "@demo/upper": "^1.0.0" } });
  const readme = new Uint8Array(600 * 1024).fill(0x61);
  await put("@demo/long", "1.0.0", { readme: "README.md" }, { "README.md": readme });
  await put("@demo/hidden");
  await setPackageVisibility(registry.db, "@demo/hidden" as PackageName, "private");
  await Promise.all(Array.from({ length: 12 }, (_, i) => put("@demo/hidden", `1.0.${i + 1}`)));
});
afterAll(() => registry.close());

const pageOf = async (path: string, headers = {}) => {
  const { status, body } = await registry.get(path, headers);
  expect([path, status]).toEqual([path, 200]);
  return String(body);
};

it("lists for a model what was trained for it, and no bundle that fits every model until it is installed", async () => {
  const page = await pageOf(model);
  expect(page).toContain("2 abilities for it");
  expect(page).toContain('href="/@demo/upper"');
  expect(page).not.toMatch(/@demo\/(?:nothing|maybe)/);
});

it("names the parts of a bundle, those too that are left out where they do not fit, or says that there are none", async () => {
  const maybe = await pageOf("/@demo/maybe");
  expect(maybe).toContain("A bundle of 1 ability");
  expect(maybe).toMatch(/href="\/@demo\/upper".*\(optional\)/s);
  expect(await pageOf("/@demo/nothing")).toContain("This version brings nothing");
});

it("says of a README that it cannot show where it is, and not that there is none", async () => {
  const page = await pageOf("/@demo/long");
  expect(page).toContain("<code>README.md</code> is too long to be shown here");
  expect(page).not.toContain("has no README");
});

it("shows a scope's history to strangers however much happened in its private packages since", async () => {
  const page = await pageOf("/@demo");
  expect(page).toContain("upper published 1.0.0");
  expect(page).not.toContain("hidden published");
});

it.each([
  ...["/", "/search", "/search?q=evil", `/search?q=${encodeURIComponent(EVIL)}`, "/models", "/log", "/@demo"],
  ...["", "/1.0.0", "/versions", "/dependencies", "/compare/1.0.0...1.0.0"].map(
    (page) => `/@demo/evil${page}`,
  ),
  ...["/feeds/all.atom", "/feeds/@demo/evil.atom", "/badges/@demo/evil.svg", "/sitemap-packages.xml"],
  `/${encodeURIComponent(EVIL)}`,
  `/@demo/${encodeURIComponent(EVIL)}`,
  `/search?cursor=${encodeURIComponent(EVIL)}`,
])("takes what authors and visitors write as text on %s", async (path) => {
  const { body } = await registry.get(path, { accept: "text/html" });
  expect(String(body)).not.toContain("<x-evil");
  // Nor out of an attribute: its quote is written otherwise. In a README's text it ends nothing.
  const rest = String(body).replace(/<div class="readme">.*?<\/div>/s, "");
  expect(rest).not.toContain(`"'`);
});

it("shows all that an author wrote, as it was written", async () => {
  const text = EVIL.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const page = (await pageOf("/@demo/evil")).replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => {
    const of: Record<string, string> = {
      "&amp;": "&",
      "&lt;": "<",
      "&gt;": ">",
      "&quot;": '"',
      "&#39;": "'",
    };
    return `&#${of[entity]?.charCodeAt(0)};`;
  });
  // Description, twice in the head; deprecation; keyword; licence; base; prompt and answer.
  expect(page.split(text).length).toBeGreaterThan(8);
});

it.each([
  "/sitemap-packages.xml?after=%00",
  "/sitemap-packages.xml?after=zebra",
  "/@Demo/Upper",
  "/@demo/upper/versions?before=x",
  "/@demo/upper/compare/1.0.0",
  "/models/lfp1:0",
])("%s is not there", async (path) => {
  expect((await registry.get(path)).status).toBe(404);
});

it.each([
  ["/%40demo/upper", "/@demo/upper"],
  ["/@demo/upper/?from=there", "/@demo/upper?from=there"],
  ["/search/?q=upper", "/search?q=upper"],
])("%s is the page %s", async (path, usual) => {
  const { status, headers } = await registry.get(path, { accept: "text/html" });
  expect([status, headers.get("location")]).toEqual([301, usual]);
  expect((await registry.get(usual, { accept: "text/html" })).status).toBe(200);
});

it.each(["//example.org/", "/%40//example.org/", "/.//example.org/", "/no-such-page/"])(
  "%s leads to no other site",
  async (path) => {
    const { headers } = await registry.get(path, { accept: "text/html" });
    const { origin } = new URL(headers.get("location") ?? "", ORIGIN);
    expect(origin).toBe(ORIGIN);
  },
);

it("what others add to the address of a search changes nothing", async () => {
  expect(await pageOf("/search?q=upper&utm_source=letter&constructor=x")).toContain("@demo/upper");
});

describe("a token that cannot be", () => {
  const post = (path: string, fields: string, cookie = "") =>
    registry.request("POST", path, {
      headers: { "content-type": "application/x-www-form-urlencoded", origin: ORIGIN, cookie },
      body: fields,
    });
  let cookie: string;
  beforeAll(async () => {
    const { headers } = await post(
      "/account/sign-up",
      "name=toni&email=toni%40example.org&password=correct+horse+battery",
    );
    cookie = headers
      .getSetCookie()
      .map((text) => text.split(";")[0])
      .join("; ");
  });

  it.each([
    ["name=x&days=30", "a token has to be for something: choose what it may"],
    ["name=&action=read&days=30", "name"],
    ["name=x&action=read&days=9999", "expiresInDays"],
    ["name=x&action=read&days=30&packages=nonsense", "packages"],
  ])("is refused above the forms, for %s", async (fields, said) => {
    const { status, body, headers } = await post("/account/tokens", fields, cookie);
    expect(status).toBe(400);
    expect(String(body)).toMatch(new RegExp(`role="alert">[^<]*${said}`));
    expect(String(body)).toContain('action="/account/tokens"');
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(await pageOf("/account", { cookie })).toContain("There is none.");
  });
});

it("answers HEAD as GET, without the page, and every page under the same policy", async () => {
  const pages = [
    ...["/", "/search", "/models", model, "/my-model", "/log", "/account", "/account/sign-up", "/@demo"],
    ...["", "/1.0.0", "/versions", "/dependencies", "/compare/1.0.0...1.0.0"].map(
      (page) => `/@demo/upper${page}`,
    ),
    ...["/@demo/none", "/device", "/api"],
  ];
  for (const path of pages) {
    const asked = { headers: { accept: "text/html" } };
    const [head, get] = [
      await registry.request("HEAD", path, asked),
      await registry.request("GET", path, asked),
    ];
    expect([path, head.status, head.body]).toEqual([path, get.status, ""]);
    for (const { headers } of [head, get]) {
      expect([path, headers.get("content-security-policy")]).toEqual([path, CONTENT_SECURITY_POLICY]);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  }
  expect(CONTENT_SECURITY_POLICY).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
  expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*|https?:|data:/);
});
