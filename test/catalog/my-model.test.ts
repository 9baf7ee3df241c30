// SPDX-License-Identifier: Apache-2.0
/// <reference lib="dom" />
/** "What works with my model?": the visitor's file is read in the browser, and stays there. */
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { openFileSource } from "@lora/client/file-source";
import { fingerprintBase } from "@lora/client/fingerprint";
import { readGguf } from "@lora/client/gguf";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeGgufHeader } from "../../packages/client/src/formats/gguf/encode.ts";
import { chromiumPath, launchBrowser, openPage, seriousProblems } from "../support/browser.ts";
import { FILLING_MS, openSampleRegistry, type SampleRegistry } from "../support/sample-registry.ts";
import { abilityPath, basePath, QUANTIZATIONS } from "../support/tiny-say.ts";

describe.skipIf(chromiumPath() === undefined)("what works with my model", () => {
  let registry: SampleRegistry;
  let browser: Browser;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "lora-test-"));
    [registry, browser] = await Promise.all([openSampleRegistry(), launchBrowser()]);
  }, FILLING_MS);
  afterAll(async () => {
    await browser?.close();
    await registry?.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function choose(path: string) {
    const watched = await openPage(browser, { baseUrl: registry.url });
    const { page } = watched;
    await page.addInitScript(countSlices);
    await page.goto("/my-model", { waitUntil: "networkidle" });
    const sent: string[] = [];
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/assets/")) return;
      sent.push(`${request.method()} ${pathname}${request.postData() ?? ""}`);
    });
    await page.setInputFiles("[data-file]", path);
    await page.locator(".found-list, .notice-bad").waitFor();
    return { ...watched, sent };
  }

  it.each(QUANTIZATIONS)(
    "knows tiny-say v1 as %s, and sends nothing but its fingerprint",
    async (quantization) => {
      const path = basePath("v1", quantization);
      const { page, context, sent, faults } = await choose(path);
      const source = await openFileSource(path);
      const { fingerprint } = await fingerprintBase(source);
      await source[Symbol.asyncDispose]();
      expect(await page.locator("[data-fingerprint]").innerText()).toBe(fingerprint);
      expect(await page.locator(".found-facts").innerText()).toContain(quantization.toUpperCase());
      expect((await page.locator(".found-list h3 a").allInnerTexts()).sort()).toEqual([
        "@demo/shout",
        "@demo/upper",
      ]);
      expect(sent).toEqual([`GET /models/${fingerprint}`]);
      expect(await faults()).toEqual([]);
      await context.close();
    },
  );

  it("says that nothing fits the next version of the same model", async () => {
    const { page, context } = await choose(basePath("v2", "q4_0"));
    await page.getByRole("heading", { name: "Nothing fits yet" }).waitFor();
    await context.close();
  });

  it.each(["[data-drop]", "h1"])("takes a file that is dropped on %s", async (place) => {
    const { page, context } = await openPage(browser, { baseUrl: registry.url });
    await page.goto("/my-model", { waitUntil: "networkidle" });
    const bytes = [...(await readFile(basePath("v1", "q4_0")))];
    const transfer = await page.evaluateHandle((content) => {
      const made = new DataTransfer();
      made.items.add(new File([new Uint8Array(content)], "dropped.gguf"));
      return made;
    }, bytes);
    await page.dispatchEvent(place, "drop", { dataTransfer: transfer });
    await page.getByRole("heading", { name: "2 abilities fit" }).waitFor();
    // Read out once, not with the whole list.
    expect(await page.locator("[data-status]").innerText()).toBe("2 abilities fit");
    expect(await seriousProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Copy: lora install @demo/upper" }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("lora install @demo/upper");
    await context.close();
  });

  it("shows what was chosen last, however long the file before it takes, and the same file again", async () => {
    const { page, context } = await choose(basePath("v1", "q4_0"));
    await page.evaluate(() => {
      const { arrayBuffer } = Blob.prototype;
      let waits = 1;
      Blob.prototype.arrayBuffer = async function () {
        if (waits > 0) {
          waits -= 1;
          await new Promise((resolve) => document.addEventListener("go-on", resolve));
        }
        return arrayBuffer.call(this);
      };
    });
    await page.setInputFiles("[data-file]", basePath("v1", "q8_0"));
    await page.setInputFiles("[data-file]", basePath("v2", "q4_0"));
    await page.getByRole("heading", { name: "Nothing fits yet" }).waitFor();
    const answer = page.waitForResponse((response) => response.url().includes("/models/lfp1:"));
    await page.evaluate(() => document.dispatchEvent(new Event("go-on")));
    await (await answer).finished();
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    expect(await page.locator(".found-list h2").innerText()).toBe("Nothing fits yet");

    const chosen = page.waitForEvent("filechooser");
    await page.getByText("Choose a file").click();
    await chosen;
    // The browser would tell of no change else.
    expect(await page.locator("[data-file]").inputValue()).toBe("");
    await context.close();
  });

  it("reads a file of five gigabytes by its header and norms alone, which lie all over it", async () => {
    const path = join(directory, "large.gguf");
    await writeLargeModel(path);
    const { page, context } = await choose(path);
    expect(await page.locator(".found-facts").innerText()).toContain("5.0 GB");
    expect(await page.locator(".found-facts").innerText()).toMatch(/Layers\s+48/);
    const read = await page.evaluate(() => (window as unknown as { sliced: number }).sliced);
    expect(read).toBeGreaterThan(48 * 64);
    // The page says: a few megabytes.
    expect(read).toBeLessThan(8 * 1024 ** 2);
    await context.close();
  });

  it.each([
    ["a text", async () => "This is no model.", /not a GGUF file|no GGUF/i],
    ["an empty file", async () => "", /GGUF|empty|bytes/i],
    [
      "a model that is cut off",
      async () => (await readFile(basePath("v1", "q4_0"))).subarray(0, 90_000),
      /ends|cut|bytes/i,
    ],
    [
      "a header that is cut off",
      async () => (await readFile(basePath("v1", "q4_0"))).subarray(0, 700),
      /ends|cut|bytes/i,
    ],
    ["an adapter", async () => readFile(abilityPath("v1", "upper")), /adapter/],
    ["a header that promises too much", async () => promising(), /GGUF|limit|more|keys|tensors/i],
  ])("says what is wrong with %s", async (name, content, sentence) => {
    const path = join(directory, `${name.replaceAll(" ", "-")}.gguf`);
    await writeFile(path, await content());
    const { page, context, sent, faults } = await choose(path);
    const said = await page.locator(".notice-bad").innerText();
    expect(said).toMatch(sentence);
    // What the file is called, as it is called.
    expect(said.toLowerCase().includes(basename(path).toLowerCase())).toBe(said.includes(basename(path)));
    expect(await page.locator("[data-status]").innerText()).toBe(said);
    expect(sent).toEqual([]);
    expect(await faults()).toEqual([]);
    await context.close();
  });
});

/** Magic, version 3, and then 2^62 tensors and keys. */
function promising(): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("GGUF"));
  view.setUint32(4, 3, true);
  view.setBigUint64(8, 2n ** 62n, true);
  view.setBigUint64(16, 2n ** 62n, true);
  return bytes;
}

/** In the page: how many bytes of files are asked for. */
function countSlices(): void {
  const counted = window as unknown as { sliced: number };
  counted.sliced = 0;
  const { slice } = Blob.prototype;
  Blob.prototype.slice = function (this: Blob, start = 0, end = this.size, type?: string) {
    counted.sliced += end - start;
    return slice.call(this, start, end, type);
  };
}

const LARGE = { layers: 48, feedForward: 271_300 };

/** tiny-say with 48 layers of a hundred megabytes each, in the order that models have them; holes in the file. */
async function writeLargeModel(path: string): Promise<void> {
  await using source = await openFileSource(basePath("v1", "q4_0"));
  const { metadata, tensors } = await readGguf(source);
  const u32 = (value: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    return { type: "u32", elementType: "u32", count: 1, bytes } as const;
  };
  const changed = new Map(metadata)
    .set("llama.block_count", u32(LARGE.layers))
    .set("llama.feed_forward_length", u32(LARGE.feedForward));
  const inLayers = tensors.filter(({ name }) => name.startsWith("blk.0."));
  const all = [
    ...tensors.filter(({ name }) => !name.startsWith("blk.")),
    ...Array.from({ length: LARGE.layers }, (_, layer) =>
      inLayers.map((tensor) => ({ ...tensor, name: tensor.name.replace("blk.0.", `blk.${layer}.`) })),
    ).flat(),
  ].map(({ name, dims, type }) =>
    /ffn_(?:up|gate|down)/.test(name)
      ? {
          name,
          dims: dims.map((dim) => (dim === 176 ? LARGE.feedForward : dim)),
          type: "F16" as const,
          data: undefined,
        }
      : { name, dims, type, data: undefined },
  );
  const { header, sizeBytes } = encodeGgufHeader({ metadata: [...changed], tensors: all });
  const file = await open(path, "w");
  await file.write(header);
  await file.truncate(sizeBytes);
  await file.close();
}
