// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import {
  isDatabaseUnavailable,
  listMigrations,
  type MigrationState,
  readMigrationState,
} from "../database/index.ts";
import { databaseDirectory, openDatabaseAlone, unreachable } from "../open-data.ts";
import { DEFAULT_DATA_DIRECTORY } from "../options.ts";
import type { MigrateCommand } from "./parse-migrate.ts";

/** With `--check` and something to do. */
const PENDING_EXIT_STATUS = 1;

/** @throws LoraError as `openData`, whatever LORA_MIGRATE says */
export async function runMigrate(command: MigrateCommand): Promise<{ text: string; exitStatus: number }> {
  if (command.isCheck) {
    const state = await check(command);
    const exitStatus = state.pending.length > 0 ? PENDING_EXIT_STATUS : 0;
    return { text: command.isJson ? `${JSON.stringify(state)}\n` : describe(state), exitStatus };
  }
  const { database, close } = await openDatabaseAlone(command.options, directoryOf(command), "apply");
  const { applied } = database;
  await close();
  const text =
    applied.length === 0 ? "Nothing to do: the database has all migrations.\n" : list("Applied", applied);
  return { text: command.isJson ? `${JSON.stringify({ applied })}\n` : text, exitStatus: 0 };
}

async function check(command: MigrateCommand): Promise<MigrationState> {
  const { options } = command;
  const directory = directoryOf(command);
  if (options.databaseUrl === undefined) {
    // Opening what is not there would make it.
    const { hasPglite } = await import("../database/pglite.ts");
    if (!hasPglite(databaseDirectory(directory)))
      return { pending: listMigrations().map(({ tag }) => tag), newer: 0 };
  }
  const { database, close } = await openDatabaseAlone(options, directory, "leave");
  try {
    return await readMigrationState(database.db);
  } catch (error) {
    // Opened and left as it is, it was not asked for anything until now.
    throw isDatabaseUnavailable(error) ? unreachable(error) : error;
  } finally {
    await close();
  }
}

function directoryOf({ options }: MigrateCommand): string {
  return resolve(options.dataDirectory ?? DEFAULT_DATA_DIRECTORY);
}

function describe({ pending, newer }: MigrationState): string {
  const more = newer === 0 ? "" : `It has ${newer} of a newer version of lora-registry.\n`;
  if (pending.length === 0) return `The database has all migrations.\n${more}`;
  return `${list("The database lacks", pending)}${more}`;
}

function list(what: string, names: readonly string[]): string {
  return `${what} ${names.length} migration${names.length === 1 ? "" : "s"}:\n${names.map((name) => `  ${name}\n`).join("")}`;
}
