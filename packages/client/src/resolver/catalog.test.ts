// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import type { PackageIndex } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import { type PackageName, parsePackageName } from "../names.ts";
import { createCatalog, MAX_CONCURRENT_FETCHES } from "./catalog.ts";

const nameOf = (i: number | string) => parsePackageName(`@acme/p${i}`);
const empty = (name: PackageName): PackageIndex => ({ v: 1, name, distTags: {}, versions: {} });

/** A source that answers when told to. */
function heldSource() {
  const asked: PackageName[] = [];
  const answers = new Map<PackageName, (index: PackageIndex | undefined) => void>();
  return {
    asked,
    source: {
      index: (name: PackageName) => {
        asked.push(name);
        return new Promise<PackageIndex | undefined>((resolve) => answers.set(name, resolve));
      },
    },
    async answer(name: PackageName) {
      answers.get(name)?.(empty(name));
      await new Promise(setImmediate);
    },
  };
}

describe("the catalog", () => {
  test("asks for each index file once, however often it is needed, also when the answer was no", async () => {
    const asked: PackageName[] = [];
    const catalog = createCatalog({
      index: async (name) => {
        asked.push(name);
        return undefined;
      },
    });
    await Promise.all([catalog.load(nameOf(1)), catalog.load(nameOf(1), true)]);
    expect(await catalog.load(nameOf(1))).toMatchObject({ exists: false, versions: [] });
    expect(asked).toEqual([nameOf(1)]);
  });

  test(`has at most ${MAX_CONCURRENT_FETCHES} requests under way`, async () => {
    const { source, asked, answer } = heldSource();
    const catalog = createCatalog(source);
    for (let i = 0; i < 100; i += 1) catalog.load(nameOf(i), true);
    expect(asked).toHaveLength(MAX_CONCURRENT_FETCHES);
    await answer(nameOf(3));
    expect(asked).toHaveLength(MAX_CONCURRENT_FETCHES + 1);
  });

  test("asks for what is needed before what is guessed", async () => {
    const { source, asked, answer } = heldSource();
    const catalog = createCatalog(source);
    for (let i = 0; i < 50; i += 1) catalog.load(nameOf(i), true);
    catalog.load(nameOf("needed"));
    catalog.load(nameOf(45));
    await answer(nameOf(0));
    await answer(nameOf(1));
    await answer(nameOf(2));
    expect(asked.slice(MAX_CONCURRENT_FETCHES)).toEqual([nameOf("needed"), nameOf(45), nameOf(32)]);
  });

  test("starts nothing once it is closed", async () => {
    const { source, asked, answer } = heldSource();
    const catalog = createCatalog(source);
    for (let i = 0; i < 50; i += 1) catalog.load(nameOf(i), true);
    catalog.close();
    await answer(nameOf(0));
    catalog.load(nameOf("late"), true);
    expect(asked).toHaveLength(MAX_CONCURRENT_FETCHES);
  });

  test("refuses the index file of another package", async () => {
    const catalog = createCatalog({ index: async () => empty(nameOf(2)) });
    await expect(catalog.load(nameOf(1))).rejects.toMatchObject({ code: "REGISTRY_PROTOCOL" });
  });

  test("goes on after a failure", async () => {
    const failure = new LoraError("REGISTRY_UNREACHABLE", "down");
    const catalog = createCatalog({
      index: async (name) => {
        if (name === nameOf(0)) throw failure;
        return empty(name);
      },
    });
    const failed = catalog.load(nameOf(0));
    for (let i = 1; i < 40; i += 1) catalog.load(nameOf(i), true);
    await expect(failed).rejects.toBe(failure);
    expect((await catalog.load(nameOf(39))).exists).toBe(true);
  });
});
