// SPDX-License-Identifier: Apache-2.0
/** Takes the pictures of docs/screenshots/ anew: `node scripts/screenshots.ts`, with Chromium on the machine. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openSampleRegistry, SAMPLE_TOKEN } from "../packages/registry/dist/test/sample-catalog/index.js";
import { launchBrowser, openPage } from "../test/support/browser.ts";
import { basePath } from "../test/support/tiny-say.ts";

interface Shot {
  name: string;
  path: string;
  dark?: boolean;
  phone?: boolean;
  /** A model to choose on the page. */
  model?: string;
  /** As somebody who has scopes and an organisation. */
  signedIn?: boolean;
}

const LONG_NAME = "/@northwind-labs/quarterly-report-section-writer-for-public-companies";
const SHOTS: readonly Shot[] = [
  { name: "home", path: "/" },
  { name: "home-phone-dark", path: "/", phone: true, dark: true },
  { name: "search-dark", path: "/search?q=json", dark: true },
  { name: "search-phone", path: "/search?q=json", phone: true },
  { name: "package", path: "/@quill/sql-writer" },
  { name: "package-phone-dark", path: "/@quill/sql-writer", phone: true, dark: true },
  { name: "versions-dark", path: "/@clinic-tools/icd-codes/versions", dark: true },
  { name: "dependencies", path: "/@tinker/workbench/dependencies" },
  { name: "compare-dark", path: "/@quill/json/compare/1.1.0...2.0.0", dark: true },
  { name: "models", path: "/models" },
  { name: "my-model-dark", path: "/my-model", dark: true, model: basePath("v1", "q4_0") },
  { name: "log", path: "/log" },
  { name: "scope", path: "/@harbor" },
  { name: "sign-up-phone", path: "/account/sign-up", phone: true },
  { name: "sign-in-dark", path: "/account", dark: true },
  { name: "account", path: "/account", signedIn: true },
  { name: "account-phone-dark", path: "/account", signedIn: true, phone: true, dark: true },
  { name: "account-scope", path: "/account/scopes/@harbor", signedIn: true },
  { name: "account-scope-phone", path: "/account/scopes/@harbor", signedIn: true, phone: true },
  { name: "search-nothing", path: "/search?q=zebrafish&license=MIT" },
  { name: "long-name-phone", path: LONG_NAME, phone: true },
  { name: "not-found", path: "/@quill/jsno" },
];

const ORIGIN = "http://127.0.0.1:8720";
const directory = join(import.meta.dirname, "..", "docs", "screenshots");
await mkdir(directory, { recursive: true });
const registry = await openSampleRegistry({ port: 0, origin: ORIGIN });
const browser = await launchBrowser();
try {
  const cookies = await fillAccounts(registry.url);
  for (const { name, path, model, signedIn = false, dark = false, phone = false } of SHOTS) {
    const { page, context } = await openPage(browser, { baseUrl: registry.url, dark, phone });
    if (signedIn) await context.addCookies(cookies);
    await page.goto(path, { waitUntil: "networkidle" });
    if (model !== undefined) {
      await page.setInputFiles("[data-file]", model);
      await page.locator(".found-list").waitFor();
    }
    await page.screenshot({ path: join(directory, `${name}.png`) });
    await context.close();
  }
} finally {
  await browser.close();
  await registry.close();
}

/** Three accounts, the first of which owns a scope and an organisation. @returns the first one's session */
async function fillAccounts(url: string) {
  const names = ["mara", "jonas", "ines-of-the-northern-harbour-office"];
  const sessions: string[] = [];
  for (const name of names) {
    const answer = await send(url, "/account/sign-up", {
      name,
      email: `${name}@example.org`,
      password: "of a picture",
    });
    sessions.push(
      answer.headers
        .getSetCookie()
        .map((cookie) => cookie.split(";")[0])
        .join("; "),
    );
  }
  const [cookie = ""] = sessions;
  await send(url, "/account/organisations", { name: "harbor-office" }, cookie);
  await send(
    url,
    "/account/tokens",
    { name: "ci of the desk", action: "publish-update", days: "30" },
    cookie,
  );
  const roles = {
    mara: "owner",
    "org:harbor-office": "publisher",
    jonas: "publisher",
    [names[2] ?? ""]: "reader",
  };
  for (const [name, role] of Object.entries(roles)) {
    const answer = await fetch(new URL(`/api/v1/scopes/@harbor/owners/${name}`, url), {
      method: "PUT",
      headers: { "content-type": "application/json", authorization: `Bearer ${SAMPLE_TOKEN}` },
      body: JSON.stringify({ role }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }
  return cookie.split("; ").map((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    return { name, value, url };
  });
}

async function send(
  url: string,
  path: string,
  fields: Record<string, string>,
  cookie = "",
): Promise<Response> {
  const answer = await fetch(new URL(path, url), {
    method: "POST",
    redirect: "manual",
    headers: { origin: ORIGIN, cookie },
    body: new URLSearchParams(fields),
  });
  if (answer.status >= 400) throw new Error(`${path}: ${answer.status}`);
  return answer;
}
