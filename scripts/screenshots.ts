// SPDX-License-Identifier: Apache-2.0
/** Takes the pictures of docs/screenshots/ anew: `node scripts/screenshots.ts`, with Chromium on the machine. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openSampleRegistry } from "../packages/registry/dist/test/sample-catalog/index.js";
import { launchBrowser, openPage } from "../test/support/browser.ts";
import { basePath } from "../test/support/tiny-say.ts";

interface Shot {
  name: string;
  path: string;
  dark?: boolean;
  phone?: boolean;
  /** A model to choose on the page. */
  model?: string;
}

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
  { name: "not-found", path: "/@quill/jsno" },
];

const directory = join(import.meta.dirname, "..", "docs", "screenshots");
await mkdir(directory, { recursive: true });
const registry = await openSampleRegistry({ port: 0, origin: "http://127.0.0.1:8720" });
const browser = await launchBrowser();
try {
  for (const { name, path, model, dark = false, phone = false } of SHOTS) {
    const { page, context } = await openPage(browser, { baseUrl: registry.url, dark, phone });
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
