// SPDX-License-Identifier: Apache-2.0
/** READMEs of strangers, in a real browser: nothing of them runs, and nothing of them asks anybody anything. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpApi, makeScope, publish } from "../../packages/registry/dist/test/publisher.js";
import { chromiumPath, launchBrowser, openPage } from "../support/browser.ts";
import { README_TRICKS } from "../support/readme-tricks.ts";
import { FILLING_MS, openSampleRegistry, type SampleRegistry } from "../support/sample-registry.ts";

/** More than one would be a way for the first to break the others. */
const A_PAGE = 8;

describe.skipIf(chromiumPath() === undefined)("a README", () => {
  let registry: SampleRegistry;
  let browser: Browser;
  const names: string[] = [];
  beforeAll(async () => {
    [registry, browser] = await Promise.all([openSampleRegistry(), launchBrowser()]);
    const api = httpApi(registry.url, registry.adminToken);
    const key = await makeScope(api, "@tricks");
    for (let i = 0; i < README_TRICKS.length; i += A_PAGE) {
      const name = `@tricks/n${i}`;
      const text = README_TRICKS.slice(i, i + A_PAGE).join("\n\nand then\n\n");
      const { answer } = await publish(api, key, {
        name,
        files: { "README.md": new TextEncoder().encode(text) },
        manifest: {
          registry: registry.origin,
          readme: "README.md",
          description: `<img src=x onerror=trick()> ${i}`,
        },
      });
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      names.push(name);
    }
  }, FILLING_MS);
  afterAll(async () => {
    await browser?.close();
    await registry?.close();
  });

  it("renders inert, whatever it tries", async () => {
    const { page, context, faults } = await openPage(browser, { baseUrl: registry.url });
    let tricked = 0;
    await context.exposeBinding("trick", () => {
      tricked += 1;
    });
    for (const name of names) {
      await page.goto(`/${name}`);
      const found = await page.evaluate(() => {
        const readme = document.querySelector(".readme");
        const elements = [...(readme?.querySelectorAll("*") ?? [])];
        return {
          tags: [...new Set(elements.map(({ localName }) => localName))],
          attributes: [...new Set(elements.flatMap((element) => element.getAttributeNames()))],
          ids: elements.flatMap((element) => element.id || []),
          addresses: elements.flatMap((element) => element.getAttribute("href") ?? []),
          isClosed: readme?.closest("main") !== null && document.querySelector("footer.site-footer") !== null,
        };
      });
      expect(found.isClosed).toBe(true);
      const forbidden =
        /^(?:script|style|img|svg|math|iframe|object|embed|form|input|button|link|meta|base|video|audio)$/;
      expect(found.tags.filter((tag) => forbidden.test(tag))).toEqual([]);
      expect(
        found.attributes.filter(
          (attribute) => !["dir", "href", "id", "rel", "start", "tabindex"].includes(attribute),
        ),
      ).toEqual([]);
      expect(found.addresses.filter((address) => !/^(?:https?:\/\/|mailto:|#readme-)/.test(address))).toEqual(
        [],
      );
      // None that the page, or a script of it, could take for its own.
      expect(found.ids.filter((id) => !id.startsWith("readme-"))).toEqual([]);
      // What waits for a pointer or a focus gets both.
      for (const box of await page.locator(".readme > *").all()) {
        if (await box.isVisible()) await box.dispatchEvent("mouseover");
      }
    }
    expect(names.length).toBeGreaterThan(10);
    expect(tricked).toBe(0);
    expect(await faults()).toEqual([]);
    await context.close();
  });
});
