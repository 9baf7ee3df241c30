// SPDX-License-Identifier: Apache-2.0
/// <reference lib="dom" />
/** Every page, as a visitor's browser shows it. */
import type { PackageIndex } from "@lora/client/documents";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launchBrowser, openPage, overflowOf, seriousProblems } from "../support/browser.ts";
import { FILLING_MS, openSampleRegistry, type SampleRegistry } from "../support/sample-registry.ts";

const LONG_NAME = "/@northwind-labs/quarterly-report-section-writer-for-public-companies";
type Case = [path: string, heading: string | RegExp, status?: number];
const PAGES: Case[] = [
  ["/", "Abilities for the model on your own disk"],
  ["/search", "Search abilities"],
  ["/search?q=json", "Search abilities"],
  ["/search?q=zebrafish", "Search abilities"],
  ["/search?architecture=qwen2&maxRank=16&license=MIT", "Search abilities"],
  ["/@quill/json", /@quill\/json\s*2\.0\.0/],
  ["/@quill/json/1.0.0", /@quill\/json\s*1\.0\.0/],
  ["/@harbor/redact/1.0.1", /@harbor\/redact\s*1\.0\.1/],
  ["/@quill/data-desk", /@quill\/data-desk/],
  [LONG_NAME, /quarterly-report-section-writer-for-public-companies/],
  ["/@quill/json/versions", /@quill\/json/],
  ["/@function-calls/agent/dependencies", /@function-calls\/agent/],
  ["/@quill/json/compare/1.1.0...2.0.0", "@quill/json"],
  ["/@quill", "@quill"],
  ["/models", "Base models"],
  ["/my-model", "What works with my model?"],
  ["/log", "Transparency log"],
  ["/account", "Sign in"],
  ["/account/sign-up", "Make an account"],
  ["/device", "Log in to the command line"],
  ["/api", /API/],
  ["/@quill/none", "Not found", 404],
  ["/nowhere/at/all", "Not found", 404],
  ["/search?q=%21%21", "That cannot be", 400],
];
describe.skipIf(chromiumPath() === undefined)("the catalog's pages", () => {
  let registry: SampleRegistry;
  let browser: Browser;
  let model: string;
  beforeAll(async () => {
    [registry, browser] = await Promise.all([openSampleRegistry(), launchBrowser()]);
    const answer = await fetch(new URL("/index/@quill/json.json", registry.url));
    const index = (await answer.json()) as PackageIndex;
    model = `/models/${Object.values(index.versions)[0]?.adapters[0]?.base.fingerprint}`;
  }, FILLING_MS);
  afterAll(async () => {
    await browser?.close();
    await registry?.close();
  });

  it.each<Case>([...PAGES, ["/models/…", "Heron Instruct"]])(
    "%s breaks no rule, light on a desktop and dark on a phone",
    async (path, heading, status = 200) => {
      const { page, context, faults } = await openPage(browser, { baseUrl: registry.url });
      const answer = await page.goto(path === "/models/…" ? model : path);
      expect(answer?.status()).toBe(status);
      expect(await page.locator("h1").allInnerTexts()).toEqual([
        typeof heading === "string" ? heading : expect.stringMatching(heading),
      ]);
      expect(await seriousProblems(page)).toEqual([]);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      await page.setViewportSize({ width: 390, height: 844 });
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      expect(await seriousProblems(page)).toEqual([]);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      // The narrowest of phones, and a desktop at four times the size.
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      expect(await faults()).toEqual([]);
      await context.close();
    },
  );

  it.each(["/", "/search?q=json", "/@quill/json", "/@quill/json/compare/1.1.0...2.0.0", "/my-model", "/log"])(
    "leads the keyboard through %s in the order of the page, past the header if one likes, and always shows where one is",
    async (path) => {
      const { page, context } = await openPage(browser, { baseUrl: registry.url });
      await page.goto(path, { waitUntil: "networkidle" });
      // The search has the focus to begin with.
      await page.evaluate(() => {
        document.body.tabIndex = -1;
        document.body.focus();
      });
      await page.keyboard.press("Tab");
      const focused = page.locator(":focus");
      expect(await focused.innerText()).toBe("Skip to content");
      expect(await focused.evaluate((link) => link.getBoundingClientRect().left)).toBeGreaterThanOrEqual(0);
      await page.keyboard.press("Enter");
      const places: number[] = [];
      for (let steps = 0; steps < 200; steps += 1) {
        await page.keyboard.press("Tab");
        const found = await page.evaluate(describeFocused);
        if (found === undefined || !found.isInMain) break;
        expect([path, found]).toEqual([
          path,
          { ...found, name: expect.stringMatching(/\S/), isMarked: true },
        ]);
        places.push(found.place);
      }
      expect(places.length).toBeGreaterThan(1);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      await context.close();
    },
  );

  it("shows the home page in less than 60 kB, and moves nothing while it comes", async () => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url });
    const bodies: Promise<Buffer>[] = [];
    page.on("response", (response) => void bodies.push(response.body()));
    await page.addInitScript(() => {
      const seen = window as unknown as { shift: number };
      seen.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.shift += (entry as unknown as { value: number }).value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto("/", { waitUntil: "networkidle" });
    // Before compression: a network carries a third of it.
    const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, 0);
    expect(bodies.length).toBeGreaterThan(3);
    expect(bytes).toBeGreaterThan(30_000);
    expect(bytes).toBeLessThan(60_000);
    expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBe(0);
    await context.close();
  });

  it("keeps the choice of dark or light", async () => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.goto("/");
    const light = await ground();
    await page.getByRole("button", { name: "Dark" }).click();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.goto("/models");
    expect(await ground()).toBe(dark);
    await page.getByRole("button", { name: "Dark" }).click();
    expect(await ground()).toBe(light);
    await context.close();
  });

  it("copies the install command", async () => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url });
    await page.goto("/@quill/json/1.0.0");
    await page.getByRole("button", { name: "Copy the command" }).click();
    await page.getByRole("status").filter({ hasText: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("lora install @quill/json@1.0.0");
    await context.close();
  });

  it("selects what cannot be copied, and says so", async () => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url });
    await page.goto("/@quill/json");
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("forbidden"));
      document.execCommand = () => false;
    });
    await page.getByRole("button", { name: "Copy the command" }).press("Enter");
    await page.getByRole("status").filter({ hasText: "Select it" }).waitFor();
    expect(await page.evaluate(() => getSelection()?.toString())).toBe("lora install @quill/json");
    await context.close();
  });

  it("leads through the dependency graph by the keyboard", async () => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url });
    await page.goto("/@function-calls/agent/dependencies");
    const reached: string[] = [];
    const inGraph = page.locator(".graph a");
    await inGraph.first().focus();
    for (let i = 0; i < (await inGraph.count()); i += 1) {
      reached.push(await page.evaluate(() => document.activeElement?.getAttribute("href") ?? ""));
      await page.keyboard.press("Tab");
    }
    expect(reached).toHaveLength(6);
    expect(new Set(reached)).toEqual(
      new Set([
        "/@function-calls/agent",
        "/@function-calls/planner",
        "/@function-calls/tools",
        "/@function-calls/citations",
        "/@atlas/dates",
        "/@quill/json",
      ]),
    );
    await page.keyboard.press("Shift+Tab");
    const target = await page.evaluate(() => document.activeElement?.getAttribute("href"));
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${target}`);
    await context.close();
  });
});

/** In the page. @returns undefined where the focus is on nothing */
function describeFocused() {
  const { activeElement: focused } = document;
  if (focused === null || focused === document.body) return undefined;
  const all = [...document.querySelectorAll("*")];
  // A field may be marked by what it is in, a hidden one by its label, a box of the graph by its own border.
  const marked = [focused, focused.parentElement, focused.querySelector("rect")].filter(
    (one) => one !== null,
  );
  return {
    isInMain: focused.closest("main") !== null,
    place: all.indexOf(focused),
    name:
      focused.getAttribute("aria-label") ??
      focused.closest("label")?.textContent ??
      focused.textContent ??
      "",
    isMarked: marked.some((one) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
    }),
  };
}
