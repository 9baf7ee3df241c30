// SPDX-License-Identifier: Apache-2.0
/** The search page, with scripts and without. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launchBrowser, openPage } from "../support/browser.ts";
import { FILLING_MS, openSampleRegistry, type SampleRegistry } from "../support/sample-registry.ts";

describe.skipIf(chromiumPath() === undefined)("search", () => {
  let registry: SampleRegistry;
  let browser: Browser;
  beforeAll(async () => {
    [registry, browser] = await Promise.all([openSampleRegistry(), launchBrowser()]);
  }, FILLING_MS);
  afterAll(async () => {
    await browser?.close();
    await registry?.close();
  });

  it("finds as one types, with a typo, and keeps the address in step", async () => {
    const { page, context, faults } = await openPage(browser, { baseUrl: registry.url });
    await page.goto("/search");
    const status = await page.getByRole("status").elementHandle();
    await page.getByRole("searchbox").pressSequentially("haikuu");
    await page.waitForURL("**/search?q=haikuu");
    expect(await page.locator(".package-row h3 a").first().innerText()).toBe("@moss/haiku");
    expect(await page.getByRole("status").innerText()).toMatch(/^\d+ abilit(y|ies) for haikuu$/);
    // Another element in its place would not be read out.
    expect(await status?.evaluate((element) => [element.isConnected, element.textContent])).toEqual([
      true,
      expect.stringContaining("haikuu"),
    ]);
    expect(
      await page
        .locator("[data-results]")
        .evaluate((results) => results.querySelectorAll("[role=status]").length),
    ).toBe(1);
    expect(await page.getByRole("searchbox").inputValue()).toBe("haikuu");
    // What was typed first is not left behind for the way back: one place, one step.
    expect(await page.title()).toContain("haikuu");
    expect(await faults()).toEqual([]);
    await context.close();
  });

  it("narrows by base, rank and licence by links that can be shared, and says how many are left", async () => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url, withoutScripts: true });
    await page.goto("/search");
    const filters = page.getByRole("navigation", { name: "Filters" });
    const choice = filters.getByRole("link", { name: /^MIT \d+$/ });
    const told = Number((await choice.innerText()).split(/\s+/).at(-1));
    await choice.click();
    expect(new URL(page.url()).search).toBe("?license=MIT");
    expect(await page.getByRole("status").innerText()).toBe(`${told} abilities`);
    await filters.getByRole("link", { name: "32", exact: true }).click();
    expect(new URL(page.url()).search).toBe("?license=MIT&maxRank=32");
    // The choice again takes it back.
    await filters.getByRole("link", { name: /^MIT/ }).click();
    expect(new URL(page.url()).search).toBe("?maxRank=32");
    await context.close();
  });

  it.each([
    "",
    "?license=MIT",
    "?architecture=llama&license=Apache-2.0",
    "?maxRank=16&license=MIT&architecture=qwen2",
    "?keyword=json",
    "?q=json&maxRank=16",
  ])("says of every choice beside /search%s how many it leaves", async (query) => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url, withoutScripts: true });
    await page.goto(`/search${query}`);
    const choices = await page.locator("[data-filters] a:not([aria-current])").evaluateAll((links) =>
      links.flatMap((link) => {
        const count = link.querySelector(".count")?.textContent;
        return count == null ? [] : [[link.getAttribute("href") ?? "", Number(count)] as const];
      }),
    );
    expect(choices.length).toBeGreaterThan(0);
    const left = await Promise.all(
      choices.map(async ([path]) => {
        const html = await (await fetch(new URL(path, registry.url))).text();
        return [path, Number(/role="status">(\d+) /.exec(html)?.[1] ?? 0)] as const;
      }),
    );
    expect(left).toEqual(choices);
    await context.close();
  });

  it("leads through all abilities by pages, each of them once", async () => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url, withoutScripts: true });
    await page.goto("/search");
    const total = Number((await page.getByRole("status").innerText()).split(" ")[0]);
    const seen: string[] = [];
    for (let pages = 0; pages < 10; pages += 1) {
      seen.push(...(await page.locator(".package-row h3 a").allInnerTexts()));
      const next = page.getByRole("link", { name: "Next page" });
      if ((await next.count()) === 0) break;
      await next.click();
    }
    expect(seen).toHaveLength(total);
    expect(new Set(seen).size).toBe(total);
    await context.close();
  });

  it("says where nothing was found, and what to do", async () => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url });
    await page.goto("/search?q=zebrafish&license=MIT");
    await page.getByRole("heading", { name: "Nothing found" }).waitFor();
    await page.getByRole("link", { name: "Search without filters" }).click();
    await page.waitForURL("**/search?q=zebrafish");
    await context.close();
  });
});
