// SPDX-License-Identifier: Apache-2.0
/**
 * Releases per second through the log, on PostgreSQL with fsync: first the log alone (each of many writers stores a
 * version's row with its entry in a transaction of its own, then waits until it is live: index file, search and proof
 * are written by then), then whole publishes over HTTP.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tables } from "../../packages/registry/dist/database/index.js";
import { generateToken, openFileBlobStore, openPostgres } from "../../packages/registry/dist/index.js";
import { appendLogEntry, openLog } from "../../packages/registry/dist/log/index.js";
import { httpApi, makeScope, sign, upload } from "../../packages/registry/dist/test/publisher.js";
import { mapAtOnce } from "../../test/support/concurrency.ts";
import { startTestRegistry } from "../../test/support/registry.ts";
import { createOwnServices } from "../../test/support/service-databases.ts";

const TARGET_PER_SECOND = 200;
const WRITERS = 64;
const ENTRIES = 2000;
const PACKAGES = 200;
const PUBLISHES = 200;

export async function measureSequencing(postgres: string): Promise<void> {
  const services = await createOwnServices({ postgres });
  const directory = mkdtempSync(join(tmpdir(), "lora-bench-trust-"));
  try {
    await measureLog(services.databaseUrl, directory);
  } finally {
    await services.close();
  }
  const others = await createOwnServices({ postgres });
  try {
    await measurePublishes(others.env, join(directory, "registry"));
  } finally {
    await others.close();
    rmSync(directory, { recursive: true });
  }
}

async function measureLog(databaseUrl: string, directory: string): Promise<void> {
  const database = await openPostgres(databaseUrl);
  const { db } = database;
  const fsync = await db.execute("show fsync");
  const blobs = await openFileBlobStore(join(directory, "blobs"));
  const log = await openLog({ db, blobs, origin: "https://bench.test" });
  const now = new Date();
  await db.insert(tables.scopes).values({ name: "@bench", skeleton: "bench", createdAt: now });
  const names = Array.from({ length: PACKAGES }, (_, i) => `@bench/p${i}` as const);
  await db
    .insert(tables.packages)
    .values(names.map((name) => ({ name, scope: "@bench", createdAt: now, indexText: "", indexEtag: "" })));

  const latencies: number[] = [];
  const began = performance.now();
  await mapAtOnce(
    Array.from({ length: ENTRIES }, (_, i) => i),
    WRITERS,
    async (i) => {
      const from = performance.now();
      const pkg = names[i % PACKAGES] as (typeof names)[number];
      const version = `1.0.${Math.floor(i / PACKAGES)}`;
      const id = randomUUID().replaceAll("-", "").repeat(2);
      const pending = await db.transaction(async (tx) => {
        await tx.insert(tables.versions).values({
          package: pkg,
          version,
          releaseId: id,
          keyId: "0".repeat(64),
          bundle: "",
          publishedAt: now,
          dependencies: {},
          optionalDependencies: {},
          conflicts: {},
        });
        return appendLogEntry(tx, { t: "publish", pkg, version, id, keyid: "0".repeat(64) } as never);
      });
      await log.logWriter.settle(pending);
      latencies.push(performance.now() - from);
    },
  );
  const seconds = (performance.now() - began) / 1000;
  const checkpoints = await db.$count(tables.logCheckpoints);
  await log.logWriter.close();
  await database.close();
  const perSecond = ENTRIES / seconds;
  console.log(`fsync ${JSON.stringify([...(fsync as unknown as object[])])}`);
  console.log(
    `the log: ${ENTRIES} releases of ${PACKAGES} packages by ${WRITERS} writers: ${perSecond.toFixed(0)}/s, p50 ${quantile(latencies, 0.5)} ms, p99 ${quantile(latencies, 0.99)} ms, ${checkpoints - 1} batches`,
  );
  if (perSecond < TARGET_PER_SECOND) {
    console.log(`below the target of ${TARGET_PER_SECOND}/s`);
    process.exitCode = 1;
  }
}

async function measurePublishes(env: Record<string, string>, dataDirectory: string): Promise<void> {
  const token = generateToken();
  const registry = await startTestRegistry({
    dataDirectory,
    env: { ...env, LORA_REGISTRY_ADMIN_TOKEN: token, LORA_RATE_LIMITS: "off" },
    args: ["--origin", "https://registry.test", "--log-level", "error"],
  });
  try {
    const api = httpApi(registry.url, token);
    const key = await makeScope(api, "@bench");
    const releases = await mapAtOnce(
      Array.from({ length: PUBLISHES }, (_, i) => i),
      8,
      async (i) => {
        const signed = await sign(key, { name: `@bench/p${i}`, version: "1.0.0" });
        await upload(api, signed);
        return signed;
      },
    );
    const began = performance.now();
    await mapAtOnce(releases, 32, async ({ path, bundle }) => {
      const { status } = await api.send("PUT", path, { bundle });
      if (status !== 201) throw new Error(`a publish answered ${status}`);
    });
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `over HTTP: ${PUBLISHES} releases, uploaded before, by 32 publishers: ${(PUBLISHES / seconds).toFixed(0)}/s`,
    );
  } finally {
    await registry.stop();
  }
}

function quantile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(0);
}
