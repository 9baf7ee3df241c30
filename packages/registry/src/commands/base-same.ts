// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { LoraError } from "@lora/client/errors";
import { declareSame } from "../bases/same.ts";
import { readSetting } from "../database/index.ts";
import { openLog } from "../log/index.ts";
import { openData } from "../open-data.ts";
import { DEFAULT_DATA_DIRECTORY } from "../options.ts";
import type { BaseSameCommand } from "./parse-base-same.ts";

/** Returns what the operator is told. @throws LoraError as `declareSame`; then nothing is declared */
export async function runBaseSame({ bases: [one, other], options }: BaseSameCommand): Promise<string> {
  const data = await openData(options, resolve(options.dataDirectory ?? DEFAULT_DATA_DIRECTORY));
  try {
    const { db } = data.database;
    const origin = await readSetting(db, "origin");
    if (origin === undefined) throw new LoraError("USAGE", "no registry was ever started on this data");
    const { logWriter } = await openLog({
      db,
      blobs: data.blobs,
      origin,
      logKey: options.logKey,
      now: options.now,
    });
    try {
      logWriter.assertRunning();
      const now = options.now?.() ?? new Date();
      const { evidence, pending } = await declareSame(db, one, other, now);
      const { reason, values, differing, largestDifference } = evidence;
      const found = `${reason}: ${differing} of ${values} numbers differ, by ${largestDifference.toPrecision(2)} at most`;
      if (pending === undefined) return `They were declared the same before; ${found}.\n`;
      const { index } = await logWriter.settle(pending);
      return `${one} and ${other} are the same base, by entry ${index} of the log; ${found}.\n`;
    } finally {
      await logWriter.close();
    }
  } finally {
    await data.close();
  }
}
