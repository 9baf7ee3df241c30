// SPDX-License-Identifier: Apache-2.0
/**
 * A registry under load, embedded and on PostgreSQL, beside Verdaccio with the same documents and beside a bare hono that
 * returns the same bytes. Servers have one core, the load generator the other; contenders take turns at each request, so
 * that a busy moment of the machine falls on all of them.
 *
 *     DATABASE_URL=postgres://… node bench/registry.ts [SECONDS]
 *
 * Index reads are to be five times as many as Verdaccio's and half as many as hono's, on PostgreSQL in under 300 MB.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { ask, type Contender, KINDS, LOAD_CORE, onCore, type Request } from "./registry/contender.ts";
import { startBareHono } from "./registry/hono.ts";
import { startLora } from "./registry/lora.ts";
import { startVerdaccio } from "./registry/verdaccio.ts";

const CONNECTIONS = [1, 16, 64];
const seconds = process.argv[2] ?? "2";
const kinds = process.argv[3] === undefined ? KINDS : KINDS.filter((kind) => kind === process.argv[3]);
const MAX_MEMORY_BYTES = 300 * 1024 ** 2;

interface Measured {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  failed: number;
}

const contenders: Contender[] = [];
try {
  const blob = randomBytes(1024 * 1024);
  const embedded = await startLora("embedded", blob);
  contenders.push(embedded);
  if (process.env.DATABASE_URL)
    contenders.push(await startLora("PostgreSQL", blob, process.env.DATABASE_URL));
  else console.log("DATABASE_URL is not set: PostgreSQL is left out");
  const index = JSON.parse((await ask(embedded.requests["index 200"])).body.toString());
  contenders.push(await startVerdaccio(index.versions, blob), await startBareHono(embedded));

  const rows = [];
  for (const kind of kinds) {
    for (const connections of CONNECTIONS) {
      const measured = new Map(contenders.map((each) => [each.name, load(each.requests[kind], connections)]));
      rows.push(...judge(kind, connections, measured));
      console.table(rows.slice(-contenders.length));
    }
  }
  const memory = contenders.map((each) => ({
    name: each.name,
    megabytes: Math.round(each.memoryBytes() / 1e6),
  }));
  console.table(memory);
  const misses = rows.filter((row) => row.goal === "NOT met");
  const tooLarge = contenders.filter(
    (each) => each.name === "PostgreSQL" && each.memoryBytes() > MAX_MEMORY_BYTES,
  );
  if (misses.length > 0 || tooLarge.length > 0) process.exitCode = 1;
  console.log(misses.length === 0 ? "every goal is met" : `${misses.length} goals are not met`);
  const results = join(import.meta.dirname, "results");
  mkdirSync(results, { recursive: true });
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model };
  if (kinds === KINDS)
    writeFileSync(join(results, "registry.json"), `${JSON.stringify({ machine, rows, memory }, null, 1)}\n`);
} finally {
  for (const each of contenders) await each.stop();
}

function load({ url, headers, status }: Request, connections: number): Measured {
  const script = join(import.meta.dirname, "registry", "load.ts");
  const args = [script, url, String(connections), seconds, String(status), JSON.stringify(headers)];
  const { stdout, stderr } = spawnSync(...onCore(LOAD_CORE, process.execPath, args), { encoding: "utf8" });
  const measured = JSON.parse(stdout || "null") as Measured | null;
  if (measured === null) throw new Error(`the load generator ended: ${stderr}`);
  if (measured.failed > 0) throw new Error(`${url}: ${measured.failed} answers were not ${status}`);
  return measured;
}

/** Ratios within one moment: the machine may be slower in the next. */
function judge(kind: string, connections: number, measured: Map<string, Measured>) {
  const peer = measured.get("Verdaccio")?.perSecond ?? Number.NaN;
  const limit = measured.get("bare hono")?.perSecond ?? Number.NaN;
  return [...measured].map(([name, { perSecond, p50Ms, p99Ms }]) => {
    const hasGoal = kind.startsWith("index") && (name === "embedded" || name === "PostgreSQL");
    const isMet = perSecond >= 5 * peer && perSecond >= limit / 2;
    return {
      what: kind,
      connections,
      name,
      "per second": perSecond,
      "p50 ms": p50Ms,
      "p99 ms": p99Ms,
      "× Verdaccio": Number((perSecond / peer).toFixed(1)),
      "of hono": Number((perSecond / limit).toFixed(2)),
      goal: !hasGoal ? "" : isMet ? "met" : "NOT met",
    };
  });
}
