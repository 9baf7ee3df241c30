// SPDX-License-Identifier: Apache-2.0
/**
 * A new embedded database is loaded from one that was made at build time: making it takes 3 s and 1.2 GB, loading it 0.7 s
 * and 0.4 GB (docs/decisions/2026-11-23-prepared-database.md). It is a .tar.gz of PGlite's data directory with all
 * migrations applied and nothing in it, whose name has what it depends on: one of another PGlite or of other migrations is
 * never loaded.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PACKAGE_ROOT } from "../package-root.ts";
import { migrationsDirectory } from "./migrations-directory.ts";

const DIRECTORY = fileURLToPath(new URL("dist/prepared-database/", PACKAGE_ROOT));

/** Where the prepared database of this version lies, or would lie. */
export async function preparedDatabasePath(): Promise<string> {
  const hash = createHash("sha256");
  const pglite = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const manifest = await readFile(join(dirname(pglite), "..", "package.json"), "utf8");
  hash.update((JSON.parse(manifest) as { version: string }).version);
  const migrations = migrationsDirectory();
  for (const name of (await readdir(migrations)).filter((each) => each.endsWith(".sql")).sort()) {
    hash.update(`\0${name}\0`).update(await readFile(join(migrations, name)));
  }
  return join(DIRECTORY, `${hash.digest("hex").slice(0, 16)}.tar.gz`);
}

/** Undefined where none was made, as in a checkout that is not built: the database is then made from nothing. */
export async function readPreparedDatabase(): Promise<Blob | undefined> {
  const path = await preparedDatabasePath();
  return existsSync(path) ? new Blob([await readFile(path)], { type: "application/x-gzip" }) : undefined;
}
