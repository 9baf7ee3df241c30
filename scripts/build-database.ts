// SPDX-License-Identifier: Apache-2.0
/** What a new embedded registry starts from, into the registry's `dist/`, unless it is there already. */
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { prepareDatabase } from "../packages/registry/dist/database/pglite.js";
import { preparedDatabasePath } from "../packages/registry/dist/database/prepared-database.js";

/** Also what the tests set up, once for all. */
export async function setup(): Promise<void> {
  const path = await preparedDatabasePath();
  if (existsSync(path)) return;
  const directory = dirname(path);
  await mkdir(directory, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, Buffer.from(await (await prepareDatabase()).arrayBuffer()));
  await rename(unfinished, path);
  for (const name of await readdir(directory)) {
    if (name !== basename(path) && name.endsWith(".tar.gz")) await rm(join(directory, name));
  }
}

if (import.meta.main) await setup();
