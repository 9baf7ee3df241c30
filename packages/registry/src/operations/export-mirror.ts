// SPDX-License-Identifier: Apache-2.0
/**
 * All that is public of a registry as files under the paths at which it serves them. What is written are the registry's own
 * answers, of one moment: one transaction reads all of them but the blobs, which never change. The order is such that
 * whoever installs meanwhile finds what they are led to: blobs, what refers to them, the log's files, the index, and the
 * checkpoint last.
 */
import { createHash } from "node:crypto";
import { isSha256, type Sha256 } from "@lora/client/digest";
import { LoraError } from "@lora/client/errors";
import { formatTilePath, TILE_WIDTH } from "@lora/client/transparency";
import { and, asc, eq, isNotNull, isNull, ne } from "drizzle-orm";
import { pino } from "pino";
import { DEFAULT_ACCESS, openAccounts } from "../accounts/index.ts";
import { createApp } from "../app.ts";
import type { BlobStore } from "../blobs/index.ts";
import { type Database, type Queryable, tables } from "../database/index.ts";
import { DEFAULT_LIMITS } from "../deps.ts";
import { type OpenLog, readHead } from "../log/index.ts";
import { createMetrics } from "../metrics/index.ts";
import { createReadCache } from "../read-cache/index.ts";
import type { Mirror, MirrorCounts, MirroredFile } from "./mirror.ts";

export interface ExportDeps extends OpenLog {
  database: { db: Database };
  blobs: BlobStore;
  origin: string;
}

/**
 * Interrupted, it leaves a mirror as it was, with some of what is new; repeating it does the rest.
 * @param open given the registry's `/registry.json`
 * @throws LoraError USAGE, DATA_LOCKED, STORE_CORRUPT, DISK_FULL, PERMISSION_DENIED, IO_FAILED, SERVICE_UNAVAILABLE
 */
export async function exportMirror(
  deps: ExportDeps,
  open: (info: MirroredFile) => Promise<Mirror>,
): Promise<MirrorCounts> {
  const { db } = deps.database;
  const info = await readAnswer(answersOf(deps, db), "/registry.json");
  if (info === undefined) throw new Error("the registry says nothing of itself");
  await using mirror = await open(info);
  await writeBlobs(deps, db, mirror);
  await db.transaction(
    async (tx) => {
      // Published since the first round: few.
      await writeBlobs(deps, tx, mirror);
      await writeDocuments(answersOf(deps, tx), tx, mirror);
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
  await mirror.prune();
  return mirror.counts;
}

type Answers = ReturnType<typeof createApp>;

/** The registry's own routes over what a transaction sees. Nobody is counted, limited or remembered. */
function answersOf(deps: ExportDeps, queryable: Queryable): Answers {
  const db = queryable as Database;
  return createApp({
    ...deps,
    db,
    cache: createReadCache(),
    downloads: { count: () => {}, flush: async () => {}, close: async () => {} },
    log: pino({ level: "silent" }),
    metrics: createMetrics({ isLogHalted: () => false }),
    isShared: false,
    limits: { ...DEFAULT_LIMITS, rates: undefined },
    accounts: openAccounts(db, deps.origin, "closed"),
    access: DEFAULT_ACCESS,
  });
}

/** Undefined where the registry has nothing to say. */
async function readAnswer(answers: Answers, path: string): Promise<MirroredFile | undefined> {
  const response = await answers.request(path);
  if (response.status === 404) return undefined;
  if (response.status !== 200) throw new Error(`the registry answers ${path} with ${response.status}`);
  const header = (name: string) => {
    const value = response.headers.get(name);
    if (value === null) throw new Error(`the registry answers ${path} without ${name}`);
    return value;
  };
  const [type, cacheControl] = [header("content-type"), header("cache-control")];
  return { bytes: new Uint8Array(await response.arrayBuffer()), type, cacheControl };
}

async function writeBlobs({ blobs: store }: ExportDeps, db: Queryable, mirror: Mirror): Promise<void> {
  const { blobs } = tables;
  const rows = await db
    .select({ sha256: blobs.sha256, sizeBytes: blobs.sizeBytes })
    .from(blobs)
    .where(and(blobs.isLive, eq(blobs.isPrivate, false)));
  for (const { sha256, sizeBytes } of rows) {
    if (!isSha256(sha256)) throw new Error(`a blob is named ${sha256}`);
    await mirror.writeBlob({ sha256, sizeBytes }, async () =>
      hashed(sha256, sizeBytes === 0 ? [] : await store.read(sha256, 0, sizeBytes)),
    );
  }
}

/** Throws at the end, when the bytes are others. */
async function* hashed(
  sha256: Sha256,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== sha256)
    throw new LoraError("STORE_CORRUPT", `the registry's own copy of the blob ${sha256} is damaged`, {
      details: { sha256 },
    });
}

async function writeDocuments(answers: Answers, db: Queryable, mirror: Mirror): Promise<void> {
  const write = async (path: string) => {
    const file = await readAnswer(answers, path);
    if (file !== undefined) await mirror.write(path, file);
  };
  const { bases, packages, scopes, takedowns, versions } = tables;
  await write("/schema/lora.json");
  for (const { fingerprint } of await db.select({ fingerprint: bases.fingerprint }).from(bases)) {
    await write(`/bases/${fingerprint}.json`);
    await write(`/bases/${fingerprint}/norms.safetensors`);
    await write(`/bases/${fingerprint}/same.json`);
  }
  for (const { name } of await db.select({ name: scopes.name }).from(scopes))
    await write(`/scopes/${name}.json`);

  const isPublic = and(eq(packages.isPrivate, false), ne(packages.indexText, ""));
  const released = await db
    .select({ name: versions.package, version: versions.version })
    .from(versions)
    .innerJoin(packages, eq(packages.name, versions.package))
    .leftJoin(takedowns, eq(takedowns.versionId, versions.id))
    .where(and(isPublic, isNotNull(versions.logIndex), isNull(takedowns.versionId)))
    .orderBy(asc(versions.id));
  for (const { name, version } of released) {
    for (const file of ["lora.json", "signature.json", "receipt"])
      await write(`/versions/${name}/${version}/${file}`);
  }

  const size = (await readHead(db))?.size ?? 0;
  for (const path of logFilePaths(size)) await write(path);
  for (const { name } of await db.select({ name: packages.name }).from(packages).where(isPublic))
    await write(`/index/${name}.json`);
  await write("/log/checkpoint");
}

/** Every file of a log of so many entries. */
export function* logFilePaths(size: number): Generator<string> {
  for (let index = 0; index * TILE_WIDTH < size; index += 1) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    yield `/log/${formatTilePath({ level: "entries", index, width })}`;
  }
  for (let level = 0, slots = size; slots > 0; level += 1, slots = Math.floor(slots / TILE_WIDTH)) {
    for (let index = 0; index * TILE_WIDTH < slots; index += 1) {
      const width = Math.min(TILE_WIDTH, slots - index * TILE_WIDTH);
      yield `/log/${formatTilePath({ level, index, width })}`;
    }
  }
}
