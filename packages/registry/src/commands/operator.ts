// SPDX-License-Identifier: Apache-2.0
/** What the commands share that work on a registry's data without serving it. */
import { resolve } from "node:path";
import { LoraError } from "@lora/client/errors";
import { readSetting } from "../database/index.ts";
import { type OpenLog, openLog } from "../log/index.ts";
import { databaseDirectory, openData, type RegistryData } from "../open-data.ts";
import { DEFAULT_DATA_DIRECTORY, type RegistryOptions } from "../options.ts";

/** @throws LoraError as `withData` does; USAGE where there is no database yet: opening the embedded one would make it */
export async function withStartedData<Result>(
  options: RegistryOptions,
  work: (data: RegistryData) => Promise<Result>,
): Promise<Result> {
  if (options.databaseUrl === undefined) {
    const directory = resolve(options.dataDirectory ?? DEFAULT_DATA_DIRECTORY);
    const { hasPglite } = await import("../database/pglite.ts");
    if (!hasPglite(databaseDirectory(directory))) throw neverStarted(`: ${directory} has none`);
  }
  return withData(options, work);
}

/** @throws LoraError as `openData` does, and whatever `work` throws; the data is closed in any case */
export async function withData<Result>(
  options: RegistryOptions,
  work: (data: RegistryData) => Promise<Result>,
): Promise<Result> {
  const data = await openData(options, resolve(options.dataDirectory ?? DEFAULT_DATA_DIRECTORY));
  try {
    return await work(data);
  } finally {
    await data.close();
  }
}

/** @throws LoraError USAGE where no registry has ever run */
export async function originOf({ database }: RegistryData): Promise<string> {
  const origin = await readSetting(database.db, "origin");
  if (origin === undefined) throw neverStarted("");
  return origin;
}

function neverStarted(where: string): LoraError {
  return new LoraError("USAGE", `no registry was ever started on this data${where}`, {
    hint: "name the data directory of the registry with --data, or its database with DATABASE_URL",
  });
}

/** The log brought up to date first, so that what waits for it is in what is done. @throws LoraError LOG_HALTED */
export async function withLog<Result>(
  data: RegistryData,
  { logKey, now }: RegistryOptions,
  work: (opened: OpenLog) => Promise<Result>,
): Promise<Result> {
  const { database, blobs } = data;
  const opened = await openLog({ db: database.db, blobs, origin: await originOf(data), logKey, now });
  try {
    opened.logWriter.assertRunning();
    return await work(opened);
  } finally {
    await opened.logWriter.close();
  }
}
