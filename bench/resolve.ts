// SPDX-License-Identifier: Apache-2.0
/**
 * The resolver beside logic-solver (MiniSat compiled to JavaScript; it explains nothing) on the same universes, held in
 * memory, in one run. Both start from index files: for ours that is `resolve`, for the peer stating the rules as
 * formulas and solving them.
 *
 *     node bench/resolve.ts
 *
 * Exits with 1 where a goal is missed.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Logic from "logic-solver";
import { sha256Of } from "../packages/client/src/digest.ts";
import type { IndexVersion, PackageIndex } from "../packages/client/src/documents/index.ts";
import { LoraError } from "../packages/client/src/errors.ts";
import type { Fingerprint } from "../packages/client/src/fingerprint/index.ts";
import type { Dependency } from "../packages/client/src/manifest/index.ts";
import type { FileName, PackageName } from "../packages/client/src/names.ts";
import { type ResolveRequest, resolve } from "../packages/client/src/resolver/index.ts";
import { satisfies, type Version, type VersionRange } from "../packages/client/src/versions.ts";

const RUNS = 60;
const PEER_RUNS = 3;

type Requirements = Record<PackageName, string>;

interface Universe {
  indexes: Map<PackageName, PackageIndex>;
  project: Requirements;
}

interface Row {
  universe: string;
  outcome: string;
  /** The first run of the process, before anything was compiled. */
  "first ms": number;
  "median ms": number;
  /** The fastest run, which other programs disturbed least; so of the peer. The goals are about this. */
  ms: number;
  "peer ms": number;
  /** Above 1: ours is faster. */
  "peer / ours": number;
  goal: string;
  met: boolean;
}

const BASE = { name: "llama-3.1-8b", fingerprint: `lfp1:${"4f".repeat(32)}` as Fingerprint };
const DIGEST = sha256Of("");

function indexVersion(requirements: Requirements): IndexVersion {
  const dependencies = Object.entries(requirements).map(([name, range]) => [name, { range } as Dependency]);
  return {
    id: DIGEST,
    keyId: DIGEST,
    publishedAt: "2026-06-01T00:00:00.000Z",
    adapters: [
      {
        file: "adapter.gguf" as FileName,
        sha256: DIGEST,
        sizeBytes: 16_000_000,
        rank: 16,
        base: BASE,
        targets: ["attn_q", "attn_v"],
      },
    ],
    dependencies: Object.fromEntries(dependencies),
    optionalDependencies: {},
    conflicts: {},
  };
}

function index(name: PackageName, versions: readonly string[], requirements: (v: string) => Requirements) {
  const entries = versions.map((version) => [version, indexVersion(requirements(version))]);
  const distTags = { latest: versions.at(-1) as Version };
  return { v: 1, name, distTags, versions: Object.fromEntries(entries) } satisfies PackageIndex;
}

/** 1,000 packages of 20 versions; the newest of each asks for five others whose newest fits. */
function wide(): Universe {
  const count = 1000;
  const nameOf = (i: number) => `@bench/package-${i}` as PackageName;
  const versions = [1, 2].flatMap((major) => Array.from({ length: 10 }, (_, minor) => `${major}.${minor}.0`));
  const ranges = ["^2.0.0", "*", ">=1.5.0", "^2.3.0", "1.x || 2.x"];
  const indexes = new Map<PackageName, PackageIndex>();
  for (let i = 0; i < count; i += 1) {
    const others = [1, 7, 31, 101, 307].map((step) => i + step).filter((other) => other < count);
    const asked = others.map((other, k) => [nameOf(other), ranges[(i + k) % ranges.length]]);
    const requirements = Object.fromEntries(asked) as Requirements;
    indexes.set(
      nameOf(i),
      index(nameOf(i), versions, () => requirements),
    );
  }
  return { indexes, project: { [nameOf(0)]: "*", [nameOf(1)]: "^2.0.0", [nameOf(2)]: "^2.0.0" } };
}

/** 20 packages of 50 versions, each asking for one version of the next; the last asks for what the project rules out. */
function conflictChain(): Universe {
  const length = 20;
  const nameOf = (i: number) => `@bench/link-${String(i).padStart(2, "0")}` as PackageName;
  const target = "@bench/target" as PackageName;
  const versions = Array.from({ length: 50 }, (_, minor) => `1.${minor}.0`);
  const indexes = new Map<PackageName, PackageIndex>();
  for (let i = 0; i < length; i += 1) {
    const next = i + 1 < length ? nameOf(i + 1) : target;
    indexes.set(
      nameOf(i),
      index(nameOf(i), versions, (version) => ({ [next]: `~${version}` })),
    );
  }
  indexes.set(
    target,
    index(target, [...versions, "2.0.0"], () => ({})),
  );
  return { indexes, project: { [nameOf(0)]: "^1.0.0", [target]: "^2.0.0" } };
}

async function ours({ indexes, project }: Universe): Promise<string> {
  const dependencies = Object.entries(project).map(([name, range]) => [name, { range }]);
  const request: ResolveRequest = {
    base: BASE,
    dependencies: Object.fromEntries(dependencies),
    now: new Date("2026-11-20T12:00:00.000Z"),
  };
  try {
    const { packages } = await resolve(request, { index: async (name) => indexes.get(name) });
    return `${packages.length} packages`;
  } catch (error) {
    if (!(error instanceof LoraError)) throw error;
    return `no solution, in ${error.message.split("\n").length} lines`;
  }
}

function peers({ indexes, project }: Universe): string {
  const solver = new Logic.Solver();
  const matches = new Map<string, string[]>();
  const matching = (name: PackageName, range: string) => {
    let found = matches.get(`${name} ${range}`);
    if (found === undefined) {
      const versions = Object.keys(indexes.get(name)?.versions ?? {}) as Version[];
      found = versions.filter((v) => satisfies(v, range as VersionRange)).map((v) => `${name}@${v}`);
      matches.set(`${name} ${range}`, found);
    }
    return found;
  };
  for (const [name, { versions }] of indexes) {
    const entries = Object.entries(versions) as [Version, IndexVersion][];
    solver.require(Logic.atMostOne(entries.map(([version]) => `${name}@${version}`)));
    for (const [version, { adapters, dependencies }] of entries) {
      const self = Logic.not(`${name}@${version}`);
      if (!adapters.some(({ base }) => base.fingerprint === BASE.fingerprint)) solver.require(self);
      for (const [on, { range }] of Object.entries(dependencies)) {
        solver.require(Logic.or(self, matching(on as PackageName, range)));
      }
    }
  }
  for (const [name, range] of Object.entries(project)) {
    solver.require(Logic.or(matching(name as PackageName, range)));
  }
  return solver.solve() === null ? "no solution" : "a solution";
}

async function time(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** In milliseconds, fastest first. */
async function times(runs: number, work: () => unknown): Promise<number[]> {
  const result: number[] = [];
  for (let i = 0; i < runs; i += 1) result.push(await time(work));
  return result.sort((a, b) => a - b);
}

async function compare(name: string, universe: Universe, maxMs: number): Promise<Row> {
  let outcome = "";
  const first = await time(async () => {
    outcome = await ours(universe);
  });
  const all = await times(RUNS, () => ours(universe));
  const [ms = 0] = all;
  const [peerMs = 0] = await times(PEER_RUNS, () => peers(universe));
  const opinion = peers(universe);
  if (opinion.startsWith("no") !== outcome.startsWith("no")) {
    throw new Error(`${name}: ours says ${outcome}, the peer ${opinion}`);
  }
  return {
    universe: name,
    outcome,
    "first ms": Math.round(first),
    "median ms": Math.round((all[RUNS >> 1] ?? 0) * 10) / 10,
    ms: Math.round(ms * 10) / 10,
    "peer ms": Math.round(peerMs),
    "peer / ours": Math.round((peerMs / ms) * 10) / 10,
    goal: `< ${maxMs} ms, not slower`,
    met: ms < maxMs && ms <= peerMs,
  };
}

const rows = [
  await compare("1,000 packages × 20 versions", wide(), 50),
  await compare("conflict chain, 20 × 50", conflictChain(), 1000),
];
console.table(rows);
const results = join(import.meta.dirname, "results");
await mkdir(results, { recursive: true });
const result = { node: process.version, runs: RUNS, peer: "logic-solver 2.0.1", peerRuns: PEER_RUNS, rows };
await writeFile(join(results, "resolve.json"), `${JSON.stringify(result, null, 2)}\n`);
if (rows.some(({ met }) => !met)) process.exitCode = 1;
