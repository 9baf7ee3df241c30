// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { LoraError } from "@lora/client/errors";
import { acquireFileLock } from "@lora/client/file-lock";
import { makeDirectory } from "@lora/client/store";
import type { BlobStore } from "./blobs/index.ts";
import { type DatabaseConnection, isDatabaseUnavailable, type MigrationMode } from "./database/index.ts";
import type { RegistryOptions } from "./options.ts";

export interface RegistryData {
  database: DatabaseConnection;
  blobs: BlobStore;
  close(): Promise<void>;
}

/**
 * Everything that a registry keeps, its migrations applied unless that is left to the operator. What lies in the data directory is this process's alone.
 * @param directory absolute
 * @throws LoraError DATA_LOCKED, PERMISSION_DENIED, IO_FAILED, SERVICE_UNAVAILABLE, MIGRATION_FAILED, SCHEMA_OUTDATED; nothing stays open then
 */
export async function openData(options: RegistryOptions, directory: string): Promise<RegistryData> {
  const isLocal = options.databaseUrl === undefined || options.s3 === undefined;
  const unlock = isLocal ? await lockDirectory(directory) : async () => {};
  let database: DatabaseConnection | undefined;
  const close = async () => {
    await database?.close();
    await unlock();
  };
  try {
    database = await openDatabase(options, directory, options.isMigrating === false ? "require" : "apply");
    return { database, blobs: await openBlobs(options, directory), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The database alone.
 * @throws LoraError as `openData`; nothing stays open then
 */
export async function openDatabaseAlone(
  options: RegistryOptions,
  directory: string,
  mode: MigrationMode,
): Promise<Omit<RegistryData, "blobs">> {
  const unlock = options.databaseUrl === undefined ? await lockDirectory(directory) : async () => {};
  try {
    const database = await openDatabase(options, directory, mode);
    const close = async () => {
      await database.close();
      await unlock();
    };
    return { database, close };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Where the embedded database lies, or would lie. */
export function databaseDirectory(directory: string): string {
  return join(directory, "db");
}

/** @throws LoraError DATA_LOCKED: two PGlites on one directory corrupt it without a word */
async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  await makeDirectory(directory, 0o700).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof LoraError) throw error;
    const code = error.code === "EACCES" || error.code === "EPERM" ? "PERMISSION_DENIED" : "IO_FAILED";
    throw new LoraError(code, `the data directory ${directory} cannot be made: ${error.code}`, {
      cause: error,
    });
  });
  const path = join(directory, "lora-registry.lock");
  const lock = await acquireFileLock(path).catch((error: unknown) => {
    if (!(error instanceof LoraError) || error.code !== "DATA_LOCKED") throw error;
    const pid = error.details?.pid;
    const holder = pid === undefined ? "another registry" : `the registry with process id ${pid}`;
    throw new LoraError("DATA_LOCKED", `${holder} uses the data directory ${directory}`, {
      hint: "stop that one, or choose another directory with --data",
      ...(error.details === undefined ? {} : { details: error.details }),
    });
  });
  return () => lock.release();
}

// Each is loaded when it is used: all of them together would double the memory and the time of a start.

async function openDatabase(
  { databaseUrl }: RegistryOptions,
  directory: string,
  mode: MigrationMode,
): Promise<DatabaseConnection> {
  if (databaseUrl === undefined) {
    const { openPglite } = await import("./database/pglite.ts");
    return openPglite(databaseDirectory(directory), mode);
  }
  const { openPostgres } = await import("./database/postgres.ts");
  return openPostgres(databaseUrl, mode).catch((error: unknown) => {
    throw isDatabaseUnavailable(error) ? unreachable(error) : error;
  });
}

export function unreachable(cause: unknown): LoraError {
  return new LoraError("SERVICE_UNAVAILABLE", "the database of DATABASE_URL cannot be reached", { cause });
}

async function openBlobs({ s3 }: RegistryOptions, directory: string): Promise<BlobStore> {
  if (s3 === undefined) {
    const { openFileBlobStore } = await import("./blobs/file-blob-store.ts");
    return openFileBlobStore(join(directory, "blobs"));
  }
  const { openS3BlobStore } = await import("./blobs/s3-blob-store.ts");
  return openS3BlobStore(s3);
}
