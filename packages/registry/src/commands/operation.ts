// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { LoraError } from "@lora/client/errors";
import { readSetting } from "../database/index.ts";
import { openLog } from "../log/index.ts";
import { openData, type RegistryData } from "../open-data.ts";
import { backUp } from "../operations/back-up.ts";
import { collectGarbage } from "../operations/collect-garbage.ts";
import { exportMirror } from "../operations/export-mirror.ts";
import { restore } from "../operations/restore.ts";
import { takeDown } from "../operations/take-down.ts";
import { DEFAULT_DATA_DIRECTORY, type RegistryOptions } from "../options.ts";
import type { OperationCommand } from "./parse-operation.ts";

/** Returns what the operator is told. @throws LoraError */
export async function runOperation({ what, options }: OperationCommand): Promise<string> {
  const data = await openData(options, resolve(options.dataDirectory ?? DEFAULT_DATA_DIRECTORY));
  try {
    if (what.do === "restore") {
      const { directory, isRollbackAccepted } = what;
      const { logKey } = options;
      const { origin, createdAt } = await restore(data, {
        directory: resolve(directory),
        isRollbackAccepted,
        logKey,
      });
      return `${origin} is as it was at ${createdAt}.\n`;
    }
    const origin = await readSetting(data.database.db, "origin");
    if (origin === undefined) throw new LoraError("USAGE", "no registry was ever started on this data");
    if (what.do === "takedown") {
      return await withLog(data, options, origin, async ({ logWriter }) => {
        const index = await takeDown(
          { db: data.database.db, logWriter },
          what.name,
          what.version,
          what.reason,
        );
        return `${what.name} ${what.version} is taken down, by entry ${index} of the log.\n`;
      });
    }
    if (what.do === "gc") {
      const before = new Date(Date.now() - what.graceMs);
      const { blobs, bytes, uploads } = await collectGarbage(data, before, what.isDryRun);
      const done = what.isDryRun ? "Would remove" : "Removed";
      return `${done} ${blobs} blobs (${bytes} bytes) that no version refers to, and ${uploads} uploads that nobody published.\n`;
    }
    if (what.do === "backup") {
      const { blobs, tables } = await backUp(data, origin, resolve(what.directory));
      const rows = Object.values(tables).reduce((sum, table) => sum + table.rows, 0);
      return `${what.directory} has everything of ${origin}: ${rows} rows and ${blobs.length} blobs. Keep it secret.\n`;
    }
    return await withLog(data, options, origin, async (opened) => {
      const { written, kept, removed } = await exportMirror(
        { ...data, ...opened, origin },
        resolve(what.directory),
      );
      return `${what.directory} is a mirror of ${origin}: ${written} files written, ${kept} left as they were, ${removed} removed.\n`;
    });
  } finally {
    await data.close();
  }
}

/** The log brought up to date first, so that what waits for it is in what is done. */
async function withLog<Result>(
  { database: { db }, blobs }: RegistryData,
  { logKey, now }: RegistryOptions,
  origin: string,
  work: (opened: Awaited<ReturnType<typeof openLog>>) => Promise<Result>,
): Promise<Result> {
  const opened = await openLog({ db, blobs, origin, logKey, now });
  try {
    opened.logWriter.assertRunning();
    return await work(opened);
  } finally {
    await opened.logWriter.close();
  }
}
