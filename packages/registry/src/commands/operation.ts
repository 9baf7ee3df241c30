// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import type { RegistryData } from "../open-data.ts";
import { backUp } from "../operations/back-up.ts";
import { collectGarbage } from "../operations/collect-garbage.ts";
import { exportMirror } from "../operations/export-mirror.ts";
import { restore } from "../operations/restore.ts";
import { takeDown } from "../operations/take-down.ts";
import { originOf, withData, withLog } from "./operator.ts";
import type { OperationCommand } from "./parse-operation.ts";

/** Returns what the operator is told. @throws LoraError */
export function runOperation(command: OperationCommand): Promise<string> {
  return withData(command.options, (data) => operate(data, command));
}

async function operate(data: RegistryData, { what, options }: OperationCommand): Promise<string> {
  if (what.do === "restore") {
    const { isRollbackAccepted } = what;
    const directory = resolve(what.directory);
    const { origin, createdAt } = await restore(data, {
      directory,
      isRollbackAccepted,
      logKey: options.logKey,
    });
    return `${origin} is as it was at ${createdAt}.\n`;
  }
  const origin = await originOf(data);
  if (what.do === "takedown") {
    const { name, version, reason } = what;
    return withLog(data, options, async ({ logWriter }) => {
      const index = await takeDown({ db: data.database.db, logWriter }, name, version, reason);
      return `${name} ${version} is taken down, by entry ${index} of the log.\n`;
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
  return withLog(data, options, async (opened) => {
    const mirror = { ...data, ...opened, origin };
    const { written, kept, removed } = await exportMirror(mirror, resolve(what.directory));
    return `${what.directory} is a mirror of ${origin}: ${written} files written, ${kept} left as they were, ${removed} removed.\n`;
  });
}
