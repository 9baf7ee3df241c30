// SPDX-License-Identifier: Apache-2.0
/**
 * Searches among 100,000 packages, on PostgreSQL: what a person types, and what is hard for the plan behind it. Each kind of
 * search is made many times with other words, one after another, and its 99th percentile is to be under 50 ms, on a machine that
 * does nothing else. What the registry and the database's processes cost for each, `cpu`, says it on a busy one, if less exactly.
 *
 *     DATABASE_URL=postgres://… node bench/search.ts [PACKAGES] [ROUNDS]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "../packages/registry/dist/index.js";
import { startServer } from "./registry/contender.ts";
import { makeDatabase } from "./registry/database.ts";
import { baseOf, fillRegistry, wordOf } from "./search/data-set.ts";
import { processorMs } from "./support/processor-time.ts";

const GOAL_MS = 50;
const [packages = "100000", rounds = "100"] = process.argv.slice(2);
const BIN = join(import.meta.dirname, "..", "packages", "registry", "bin", "lora-registry.js");

/** Common words, then rarer ones. */
const at = (i: number) => wordOf(i * i);
const slip = (word: string) => `${word.slice(0, 2)}${word[3] ?? ""}${word[2] ?? ""}${word.slice(4)}`;
const typo = (word: string) => `${word.slice(0, 3)}q${word.slice(3)}`;

const KINDS: Record<string, (i: number) => Record<string, string>> = {
  "nothing: the newest": () => ({}),
  "a common word": (i) => ({ q: wordOf(i % 10) }),
  "a word": (i) => ({ q: at(i) }),
  "two words": (i) => ({ q: `${at(i)} ${wordOf(i)}` }),
  "the beginning of a word": (i) => ({ q: at(i).slice(0, 2) }),
  "a word, newest first": (i) => ({ q: wordOf(i % 30), sort: "newest" }),
  "a word, most fetched first": (i) => ({ q: wordOf(i % 30), sort: "downloads" }),
  "two letters swapped": (i) => ({ q: slip(wordOf(30 + i * 7)) }),
  "a letter too many": (i) => ({ q: typo(wordOf(30 + i * 7)) }),
  "two words with slips": (i) => ({ q: `${typo(wordOf(30 + i * 7))} ${typo(wordOf(40 + i))}` }),
  "no such word": (i) => ({ q: `qqqq${i}zz` }),
  "a common licence": () => ({ license: "apache-2.0" }),
  "a rare licence": () => ({ license: "bsd-3-clause" }),
  "a licence that nobody has": () => ({ license: "OpenRAIL" }),
  "a word and a licence": (i) => ({ q: wordOf(i % 30), license: "MIT" }),
  "a slip and a rare licence": (i) => ({ q: typo(wordOf(30 + i * 7)), license: "BSD-3-Clause" }),
  "a keyword": (i) => ({ keyword: at(i) }),
  "a common base": () => ({ base: baseOf(0) }),
  "a base and a rank": (i) => ({ base: baseOf(i % 200), maxRank: "8" }),
  "a word for a base": (i) => ({ q: wordOf(i % 30), base: baseOf(i % 20) }),
  "an architecture": () => ({ architecture: "llama" }),
  "a word, base, licence and rank": (i) => ({
    q: wordOf(i % 10),
    base: baseOf(0),
    license: "MIT",
    maxRank: "16",
  }),
  "a scope": (i) => ({ scope: `@s${i}` }),
};

if (!process.env.DATABASE_URL) {
  console.log("DATABASE_URL is not set: nothing is measured");
  process.exit(0);
}
const database = await makeDatabase(process.env.DATABASE_URL);
try {
  const { db, close } = await openPostgres(database.url);
  const began = performance.now();
  await fillRegistry(db, Number(packages));
  await close();
  console.log(`${packages} packages in ${Math.round((performance.now() - began) / 1000)} s`);
  const server = await startServer(
    [BIN, "serve", "--port", "0", "--data", join(tmpdir(), "lora-bench-search"), "--log-level", "warn"],
    { DATABASE_URL: database.url, S3_BUCKET: "", S3_ENDPOINT: "", LORA_RATE_LIMITS: "off" },
    /listens at (\S+)\n/,
  );
  try {
    await measure(server.url, async () => [server.pid, ...(await readBackends(database.url))]);
  } finally {
    await server.stop();
  }
} finally {
  await database.drop();
}

/** The database's processes that serve the registry, where they are of this machine. */
async function readBackends(url: string): Promise<number[]> {
  const { db, close } = await openPostgres(url);
  const rows = (await db.execute(
    "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  )) as unknown as { pid: number }[];
  await close();
  return rows.map(({ pid }) => pid);
}

async function measure(url: string, readPids: () => Promise<number[]>): Promise<void> {
  const rows = [];
  // Opens what connections there will be.
  await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/api/v1/search`)));
  const pids = await readPids();
  for (const [kind, query] of Object.entries(KINDS)) {
    const times: number[] = [];
    const costs: number[] = [];
    let found = 0;
    for (let i = -3; i < Number(rounds); i += 1) {
      const parameters = new URLSearchParams(query(Math.abs(i) % 100));
      const cost = processorMs(pids);
      const started = performance.now();
      const response = await fetch(`${url}/api/v1/search?${parameters}`);
      const answer = (await response.json()) as { total?: number };
      if (answer.total === undefined) throw new Error(`${parameters}: ${JSON.stringify(answer)}`);
      if (i >= 0) times.push(performance.now() - started);
      if (i >= 0) costs.push(processorMs(pids) - cost);
      if (i >= 0) found += answer.total;
    }
    const row = {
      kind,
      found: Math.round(found / times.length),
      "p50 ms": quantile(times, 0.5),
      "p99 ms": quantile(times, 0.99),
      "cpu p50 ms": quantile(costs, 0.5),
      "cpu p99 ms": quantile(costs, 0.99),
    };
    rows.push({ ...row, goal: row["p99 ms"] < GOAL_MS ? "met" : "NOT met" });
  }
  console.table(rows);
  if (rows.some(({ goal }) => goal !== "met")) process.exitCode = 1;
  const machine = {
    load: loadavg()[0]?.toFixed(1),
    node: process.version,
    cpus: cpus().length,
    model: cpus()[0]?.model,
  };
  const results = join(import.meta.dirname, "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "search.json"), `${JSON.stringify({ machine, packages, rows }, null, 1)}\n`);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Number((sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN).toFixed(1));
}
