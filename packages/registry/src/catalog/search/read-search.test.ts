// SPDX-License-Identifier: Apache-2.0
/** What the search finds and what stands beside it, against packages of which everything is known. */
import type { PackageName } from "@lora/client/names";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tables } from "../../database/index.ts";
import { writeFacets } from "../../search/facets.ts";
import { readTally } from "../../search/tally.ts";
import { writeSearchEntries } from "../../search/write-entry.ts";
import { openTestRegistry, type TestRegistry } from "../../test/registry.ts";
import { keepPublicTally } from "../data/public-tally.ts";
import { EVERYBODY } from "../data/reader.ts";
import { parseSearch, readSearch } from "./read-search.ts";

const PACKAGES = 40;
const LICENSES = ["MIT", "Apache-2.0", "own", null];
const KEYWORDS = ["SQL", "json", "tone"];
const ARCHITECTURES = ["llama", "llama", "qwen2", "gemma"];
const BASES = ARCHITECTURES.map((_, i) => `lfp1:${String(i + 1).repeat(64)}`);
const RANKS = [4, 8, 16];

interface TestVersion {
  license: string | null;
  keywords: string[];
  isYanked: boolean;
  adapters: { base: number; rank: number }[];
}

let registry: TestRegistry;
const catalog = new Map<string, TestVersion[]>();

/** The same numbers in every run. */
let state = 11;
function random(below: number): number {
  state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
  return Math.floor((state / 2 ** 32) * below);
}
const some = <Value>(values: readonly Value[]) => values.filter(() => random(2) === 0);

function makeVersion(): TestVersion {
  const adapter = () => ({ base: random(BASES.length), rank: RANKS[random(RANKS.length)] ?? 4 });
  return {
    license: LICENSES[random(LICENSES.length)] ?? null,
    keywords: some(KEYWORDS),
    isYanked: random(6) === 0,
    adapters: Array.from({ length: random(8) === 0 ? 0 : 1 + random(2) }, adapter),
  };
}

beforeAll(async () => {
  registry = await openTestRegistry();
  await registry.reset();
  const { db } = registry;
  await db.insert(tables.scopes).values({ name: "@t", skeleton: "t", createdAt: new Date() });
  await db.insert(tables.blobs).values({ sha256: "a", sizeBytes: 1 });
  await db.insert(tables.bases).values(
    BASES.map((fingerprint, i) => ({
      fingerprint,
      recordText: JSON.stringify({ architecture: ARCHITECTURES[i], names: [`base ${i}`] }),
      recordEtag: "",
    })),
  );
  for (let i = 0; i < PACKAGES; i += 1) {
    const name = `@t/${i % 3 === 0 ? "alpha" : "beta"}-${i}`;
    catalog.set(name, Array.from({ length: 1 + random(3) }, makeVersion));
    await db
      .insert(tables.packages)
      .values({ name, scope: "@t", createdAt: new Date(), indexText: "{}", indexEtag: "" });
    for (const [n, version] of (catalog.get(name) ?? []).entries()) await insertVersion(name, n, version);
  }
  await db.transaction((tx) => writeSearchEntries(tx, [...catalog.keys()] as PackageName[]));
});
afterAll(() => registry.close());

async function insertVersion(name: string, n: number, version: TestVersion): Promise<void> {
  const { db } = registry;
  const { license, keywords, isYanked, adapters } = version;
  const [row] = await db
    .insert(tables.versions)
    .values({
      package: name,
      version: `1.${n}.0`,
      releaseId: `${name} ${n}`,
      keyId: "",
      bundle: "",
      publishedAt: new Date(1_700_000_000_000 + catalog.size * 1000 + n),
      logIndex: 0,
      dependencies: {},
      optionalDependencies: {},
      conflicts: {},
      license,
      keywords,
      yanked: isYanked ? "broken" : null,
    })
    .returning({ id: tables.versions.id });
  const versionId = row?.id ?? -1;
  await db.insert(tables.versionFiles).values({ versionId, name: "a.gguf", sha256: "a" });
  for (const [position, { base, rank }] of adapters.entries()) {
    const own = { versionId, position, file: "a.gguf", base: BASES[base] ?? "", baseName: "b", rank };
    await db.insert(tables.adapters).values({ ...own, alpha: 1, targets: [] });
  }
}

/** Said once more, in the plainest way: one version has all of it, one adapter its part. */
function findPlainly(query: Record<string, string>): string[] {
  const { q, license, keyword, base, architecture, maxRank } = query;
  return [...catalog].flatMap(([name, versions]) => {
    const isFound = versions.some((version) => {
      if (version.isYanked) return false;
      if (license !== undefined && version.license?.toLowerCase() !== license.toLowerCase()) return false;
      if (keyword !== undefined && !version.keywords.some((k) => k.toLowerCase() === keyword.toLowerCase()))
        return false;
      if (version.adapters.length === 0) return true;
      return version.adapters.some(
        (adapter) =>
          (base === undefined || BASES[adapter.base] === base) &&
          (architecture === undefined || ARCHITECTURES[adapter.base] === architecture) &&
          (maxRank === undefined || adapter.rank <= Number(maxRank)),
      );
    });
    return isFound && (q === undefined || name.includes(q)) ? [name] : [];
  });
}

const read = (query: Record<string, string>) =>
  readSearch(registry.db, parseSearch(query), EVERYBODY, keepPublicTally(registry.db));

async function readAll(query: Record<string, string>) {
  const first = await read(query);
  const names = first.packages.map(({ name }) => name as string);
  for (let { next } = first; next !== undefined; ) {
    const page = await read({ ...query, cursor: next });
    names.push(...page.packages.map(({ name }) => name));
    next = page.next;
  }
  return { names, ...first };
}

const filters = {
  license: ["mit", "Own"],
  keyword: ["sql"],
  base: BASES.slice(0, 2),
  architecture: ["llama", "qwen2"],
  maxRank: ["4", "15"],
};
/** Every combination of one or none of each. */
const combinations = Object.entries(filters).reduce<Record<string, string>[]>(
  (all, [key, values]) =>
    all.flatMap((query) => [query, ...values.map((value) => ({ ...query, [key]: value }))]),
  [{}],
);

/** Of a kind, as many as take a second. */
const chosen = (every: number) => combinations.filter((_, i) => i % every === 0);

it.each([
  [{}, chosen(2)],
  [{ q: "alpha" }, chosen(5)],
] as const)(
  "beside %o, filters find what one version has with one adapter, and choices say what they leave",
  async (words, combined) => {
    for (const combination of combined) {
      const query: Record<string, string> = { ...words, ...combination };
      const { names, total, facets } = await readAll(query);
      const wanted = findPlainly(query).sort();
      expect([query, names.sort(), total, facets.packages]).toEqual([
        query,
        wanted,
        wanted.length,
        wanted.length,
      ]);
      const lists = { license: facets.licenses, base: facets.bases, architecture: facets.architectures };
      for (const [key, choices] of Object.entries(lists)) {
        const { [key]: _own, ...others } = query;
        const told = choices.map(({ value, packages }) => [value, packages]);
        const left = choices.map(({ value }) => [value, findPlainly({ ...others, [key]: value }).length]);
        expect([query, key, told]).toEqual([query, key, left]);
      }
    }
  },
);

it("tells bases by their names", async () => {
  const { bases, facets } = await read({ base: BASES[3] ?? "" });
  expect(facets.bases.map(({ value }) => value).sort()).toEqual([...BASES].sort());
  expect(bases.find(({ fingerprint }) => fingerprint === BASES[3])?.name).toBe("base 3");
});

it("offers are kept whatever version of the registry writes an entry", async () => {
  const readOffers = () =>
    registry.db
      .select({
        offers: tables.searchEntries.offers,
        tally: tables.searchEntries.tally,
        lowestRank: tables.searchEntries.lowestRank,
      })
      .from(tables.searchEntries)
      .orderBy(tables.searchEntries.package);
  const before = await readOffers();
  await registry.db.execute(sql`update search_entries set offers = '[]', tally = '', lowest_rank = null`);
  // As one does that knows of facets alone.
  await registry.db.execute(writeFacets([...catalog.keys()]));
  const sorted = (rows: typeof before) =>
    rows.map(({ offers, ...row }) => ({
      ...row,
      offers: (offers as unknown[]).map((one) => JSON.stringify(one)).sort(),
    }));
  expect(sorted(await readOffers())).toEqual(sorted(before));
  expect(before.every(({ tally }) => tally !== "")).toBe(true);
});

it("says where there may be more than was counted", async () => {
  const condition = undefined;
  const whole = await readTally(registry.db, { condition });
  const part = await readTally(registry.db, { condition, limit: 5 });
  expect([whole.isWhole, part.isWhole, part.packages]).toEqual([true, false, 5]);
  expect(part.groups.reduce((sum, { packages }) => sum + packages, 0)).toBe(5);
});

it("counts on where the search stops counting", async () => {
  const names = Array.from({ length: 1100 }, (_, i) => `@t/gamma-${i}`);
  const rows = names.map((name) => ({
    name,
    scope: "@t",
    createdAt: new Date(),
    indexText: "",
    indexEtag: "",
  }));
  await registry.db.insert(tables.packages).values(rows);
  await registry.db.insert(tables.searchEntries).values(
    names.map((name, i) => ({
      package: name,
      scope: "@t",
      words: "t gamma",
      vector: "'t':1A 'gamma':2A",
      facets: ["n:t", "n:gamma", `e:gamma ${i}`],
      releasedAt: new Date(0),
      tally: "mit\t\t\t",
      downloads: i,
    })),
  );
  expect(await read({ q: "gamma" })).toMatchObject({ total: 1100, isTotalAtLeast: false });
  const { body } = await registry.get("/api/v1/search?q=gamma&limit=2");
  expect(body).toMatchObject({ total: 1000 });
});
