// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { LoraError } from "@lora/client/errors";
import { acquireFileLock, type FileLock } from "@lora/client/file-lock";
import type { Database } from "../../database/index.ts";
import { openPglite } from "../../database/pglite.ts";
import type { RegistryOptions } from "../../options.ts";
import { type RunningRegistry, startRegistry } from "../../start.ts";
import { httpApi } from "../publisher.ts";
import { ageSample } from "./age.ts";
import { fillSample } from "./fill.ts";

/** Of the sample: another look of the data makes another cache. */
const SAMPLE_VERSION = 3;
export const SAMPLE_TOKEN = "lora_catalogcatalogcatalogcatalog120l2VWk";

export interface SampleOptions extends Pick<RegistryOptions, "port" | "log" | "adminToken"> {
  origin: string;
  /** Changes the copy before the registry starts on it. */
  prepare?: (db: Database) => Promise<void>;
}

/**
 * A registry of its own with the sample in it, as a copy of one that was filled once and is kept in the temporary
 * directory: the first start takes some seconds, the others one. `close` removes the copy.
 */
export async function openSampleRegistry({ prepare, ...options }: SampleOptions): Promise<RunningRegistry> {
  const filled = await sampleData(options.origin);
  const dataDirectory = await mkdtemp(join(tmpdir(), "lora-catalog-"));
  await cp(filled, dataDirectory, { recursive: true });
  if (prepare !== undefined) {
    const { db, close } = await openPglite(join(dataDirectory, "db"));
    await prepare(db);
    await close();
  }
  const registry = await startRegistry({ ...options, dataDirectory });
  return {
    ...registry,
    close: async () => {
      await registry.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** The name has what the data depends on; a directory that is complete was renamed to it. */
async function sampleData(origin: string): Promise<string> {
  const key = `${SAMPLE_VERSION}-${await schemaOf()}-${new URL(origin).host.replace(/[^a-z0-9]/g, "-")}`;
  const kept = join(tmpdir(), `lora-catalog-sample-${key}`);
  const lock = await lockUnlessKept(kept);
  if (lock === undefined) return kept;
  try {
    return await fillInto(kept, origin);
  } finally {
    await lock.release();
  }
}

const WAIT_MS = 200;

/** One process fills, the others wait for it. Undefined once the data is there. */
async function lockUnlessKept(kept: string): Promise<FileLock | undefined> {
  for (;;) {
    if (existsSync(kept)) return undefined;
    try {
      const lock = await acquireFileLock(`${kept}.lock`);
      if (!existsSync(kept)) return lock;
      await lock.release();
    } catch (error) {
      if (!(error instanceof LoraError) || error.code !== "DATA_LOCKED") throw error;
      await setTimeout(WAIT_MS);
    }
  }
}

async function fillInto(kept: string, origin: string): Promise<string> {
  const making = await mkdtemp(`${kept}.`);
  try {
    const registry = await startRegistry({
      dataDirectory: making,
      port: 0,
      origin,
      adminToken: SAMPLE_TOKEN,
    });
    try {
      await fillSample(httpApi(registry.url, SAMPLE_TOKEN), origin);
    } finally {
      await registry.close();
    }
    const { db, close } = await openPglite(join(making, "db"));
    await ageSample(db, new Date());
    await close();
    await rename(making, kept);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
  return kept;
}

/** Data of an older schema would be migrated at each start. */
async function schemaOf(): Promise<string> {
  const { migrationsDirectory } = await import("../../database/migrations-directory.ts");
  await mkdir(tmpdir(), { recursive: true });
  const names = (await readdir(migrationsDirectory())).filter((name) => name.endsWith(".sql")).sort();
  return (names.at(-1) ?? "").slice(0, 4);
}
