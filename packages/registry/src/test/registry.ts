// SPDX-License-Identifier: Apache-2.0
/** A registry without a process: the real app on a real PGlite and real files, emptied between tests. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sha256 } from "@lora/client/digest";
import { sql } from "drizzle-orm";
import { DEFAULT_ACCESS, openAccounts } from "../accounts/index.ts";
import { createApp } from "../app.ts";
import { type Action, ensureAdminToken, generateToken, hashToken } from "../auth/index.ts";
import { openFileBlobStore } from "../blobs/file-blob-store.ts";
import type { BlobStore } from "../blobs/index.ts";
import { tables } from "../database/index.ts";
import { openPglite } from "../database/pglite.ts";
import { DEFAULT_LIMITS, type Deps, type Limits } from "../deps.ts";
import { startDownloadCounter } from "../downloads/index.ts";
import { type OpenLog, openLog } from "../log/index.ts";
import { createMetrics } from "../metrics/index.ts";
import { createLog } from "../process-log/index.ts";
import { createReadCache, followChanges } from "../read-cache/index.ts";

export const ORIGIN = "https://registry.test";

/** Not by `truncate`, which makes new files for every table and index: three times the work where most are empty. */
const EMPTY_ALL_TABLES = sql`
  do $$ declare name text; begin
    -- Without triggers, so in any order.
    set local session_replication_role = replica;
    for name in select quote_ident(tablename) from pg_tables where schemaname = 'public' loop
      execute 'delete from ' || name;
    end loop;
  end $$`;

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON. */
  body: unknown;
}

export async function openTestRegistry(limits: Partial<Limits> = {}) {
  const database = await openPglite();
  const { db, close } = database;
  const cache = createReadCache();
  await followChanges(database, cache);
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => void lines.push(line) });
  const deps: Deps = {
    db,
    cache,
    metrics: createMetrics({ isLogHalted: () => false }),
    isShared: false,
    downloads: startDownloadCounter(db, "of the tests", log),
    blobs: undefined as unknown as BlobStore,
    origin: ORIGIN,
    // Of a log that `reset` opens.
    ...(undefined as unknown as OpenLog),
    log,
    limits: { ...DEFAULT_LIMITS, ...limits },
    accounts: openAccounts(db, ORIGIN, "open"),
    access: DEFAULT_ACCESS,
  };
  let directory = "";
  let adminToken = "";
  let app = createApp(deps);

  const request = async (method: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await app.request(path, { method, ...init });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };

  return {
    deps,
    db,
    /** What was logged since the last reset. */
    lines,
    request,
    get adminToken() {
      return adminToken;
    },
    get directory() {
      return directory;
    },
    get: (path: string, headers: Record<string, string> = {}) => request("GET", path, { headers }),
    raw: async (path: string, init?: RequestInit) => app.request(path, init),
    bytes: async (path: string) => new Uint8Array(await (await app.request(path)).arrayBuffer()),
    /** With the admin token unless told otherwise; bytes and text are sent as they are, the rest as JSON. */
    send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      const isBytes = body instanceof Uint8Array;
      const type = isBytes ? "application/octet-stream" : "application/json";
      const content = isBytes || typeof body === "string" ? body : JSON.stringify(body);
      return request(method, path, {
        headers: { authorization: `Bearer ${adminToken}`, "content-type": type, ...headers },
        ...(body === undefined ? {} : { body: content as string }),
      });
    },
    async makeToken(
      actions: Action[],
      row: Partial<typeof tables.tokens.$inferInsert> = {},
    ): Promise<string> {
      const token = generateToken();
      await db
        .insert(tables.tokens)
        .values({ hash: hashToken(token), name: "test", actions, createdAt: new Date(), ...row });
      return token;
    },
    /** Replaces a part, to make it misbehave. */
    override(parts: Partial<Deps>) {
      app = createApp({ ...deps, ...parts });
    },
    /** How many rows each table has, and which blobs are stored: what a refused request must leave as it was. */
    async stored() {
      const counts: Record<string, number> = {};
      for (const name of ["packages", "versions", "version_files", "adapters", "blobs", "bases", "scopes"]) {
        const result = await db.execute(sql`select count(*)::int as n from ${sql.identifier(name)}`);
        counts[name] = (result as unknown as { rows: { n: number }[] }).rows[0]?.n ?? -1;
      }
      return { ...counts, files: (await listFiles(join(directory, "sha256"))).length };
    },
    staged: () => listFiles(join(directory, "uploads")),
    async reset() {
      await db.execute(EMPTY_ALL_TABLES);
      if (directory !== "") await rm(directory, { recursive: true, force: true });
      directory = await mkdtemp(join(tmpdir(), "lora-registry-test-"));
      deps.blobs = await openFileBlobStore(directory);
      adminToken = (await ensureAdminToken(db)) ?? "";
      await deps.logWriter?.close();
      Object.assign(deps, await openLog({ db, blobs: deps.blobs, origin: ORIGIN, log }));
      lines.length = 0;
      cache.forgetAll();
      app = createApp(deps);
    },
    async close() {
      await deps.logWriter?.close();
      await close();
      if (directory !== "") await rm(directory, { recursive: true, force: true });
    },
  };
}

export type TestRegistry = Awaited<ReturnType<typeof openTestRegistry>>;

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** By node's own hash: a second opinion on the project's. */
export function sha256Hex(bytes: Uint8Array | string): Sha256 {
  return createHash("sha256").update(bytes).digest("hex") as Sha256;
}
