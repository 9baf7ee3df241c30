// SPDX-License-Identifier: Apache-2.0
/** Pages of packages that have more of something than a page can hold. */
import type { IndexAdapter, IndexVersion } from "@lora/client/documents";
import { compareVersions, type Version } from "@lora/client/versions";
import { expect, it } from "vitest";
import { ComparePage } from "../compare/page.tsx";
import type { PackageVersion } from "../data/package.ts";
import { GraphPage } from "../graph/page.tsx";
import { VersionsPage } from "./versions.tsx";

const site = {
  origin: "https://registry.test",
  assets: { path: () => undefined, answer: () => new Response() },
};
const now = new Date("2026-11-22T12:00:00Z");
const NAME = "@demo/many";

const adapter = (rank: number, targets: string[]) =>
  ({
    base: { name: "Heron", fingerprint: `lfp1:${"ab".repeat(32)}` },
    rank,
    sizeBytes: rank * 1000,
    targets,
  }) as unknown as IndexAdapter;

function packageOf(count: number, adapters: IndexAdapter[] = []): PackageVersion {
  const versions = Array.from({ length: count }, (_, i) => `1.0.${i}` as Version).sort((a, b) =>
    compareVersions(b, a),
  );
  const entry = {
    id: "0",
    keyId: "a".repeat(64),
    publishedAt: now.toISOString(),
    adapters,
    dependencies: {},
    optionalDependencies: {},
    conflicts: {},
  } as unknown as IndexVersion;
  const latest = versions[0] as Version;
  return {
    name: NAME,
    isPrivate: false,
    index: {
      name: NAME,
      distTags: { latest },
      versions: Object.fromEntries(versions.map((v) => [v, entry])),
    },
    versions,
    version: latest,
    latest,
    entry,
    manifest: {},
    files: [],
  } as unknown as PackageVersion;
}

it("lists a thousand versions a hundred at a time, each once, without leaving the page small for nothing", async () => {
  const of = packageOf(1000);
  const seen: string[] = [];
  let before: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const html = String(await VersionsPage({ site, of, before: before as Version | undefined, now }));
    seen.push(
      ...[...html.matchAll(/<th scope="row"><a href="[^"]*">([^<]+)</g)].map(([, version = ""]) => version),
    );
    expect(html.length).toBeLessThan(100_000);
    before = /rel="next" href="[^"]*\?before=([^"]+)"/.exec(html)?.[1];
    if (before === undefined) {
      expect(pages).toBe(10);
      break;
    }
  }
  expect(seen).toEqual(of.versions);
});

it("compares each version with the one before it, over the end of the page too", async () => {
  const html = String(await VersionsPage({ site, of: packageOf(150), before: undefined, now }));
  expect(html).toContain('aria-label="Compare 1.0.50 with 1.0.49"');
});

it("says how many more packages depend on one than it names", async () => {
  const names = Array.from({ length: 200 }, (_, i) => `@demo/p${i}`);
  const graph = { nodes: [], edges: [], isCut: false };
  const page = async (total: number) =>
    String(await GraphPage({ site, of: packageOf(1), graph, dependents: { names, total } }));
  expect(await page(500)).toContain("and 300 more packages");
  expect(await page(200)).not.toContain("more package");
});

it("shows adapters of all ranks of a base beside each other, and the heat map's numbers as a table", async () => {
  const before = packageOf(1, [adapter(8, ["attn_q"])]);
  const after = packageOf(1, [adapter(32, ["attn_q", "attn_v"]), adapter(8, ["attn_q"])]);
  const tensors = [
    { name: "blk.0.attn_q.weight", relative: 0.25, absolute: 1 },
    { name: "blk.1.attn_v.weight", relative: 0, absolute: 0 },
  ];
  const change = { tensors, onlyFirst: [], onlySecond: [], relative: 0.2 };
  const pairs = [{ from: adapter(8, ["attn_q"]), to: adapter(8, ["attn_q"]), change }];
  const html = String(await ComparePage({ site, before, after, pairs }));
  expect(html).toContain("rank 8, 8.0 kB, attn_q; rank 32, 32.0 kB, attn_q attn_v");
  const table = /<details class="files">.*?<\/details>/s.exec(html)?.[0] ?? "";
  expect([...table.matchAll(/<t[hd](?: [^>]*)?>([^<]*)</g)].map(([, text]) => text)).toEqual([
    ...["Layer", "attn_q", "attn_v"],
    ...["0", "25.0 %", "–"],
    ...["1", "–", "0.0 %"],
  ]);
});
