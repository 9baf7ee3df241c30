// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { LoraError } from "@lora/client/errors";
import { readSetting } from "../database/index.ts";
import { openLog } from "../log/index.ts";
import { openData } from "../open-data.ts";
import { DEFAULT_DATA_DIRECTORY } from "../options.ts";
import { resetScopeKey } from "../scopes/reset-key.ts";
import type { KeyResetCommand } from "./parse-key-reset.ts";

/** Returns what the operator is told. @throws LoraError */
export async function runKeyReset({ scope, file, options }: KeyResetCommand): Promise<string> {
  const pem = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new LoraError("FILE_NOT_FOUND", `${file} cannot be read`, { cause });
  });
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
      const { keyId, notBefore, pending } = await resetScopeKey(db, scope, pem, options.now?.());
      const { index } = await logWriter.settle(pending);
      return [
        `${scope} has the new key ${keyId}, by entry ${index} of the log.`,
        `It may sign from ${new Date(notBefore * 1000).toISOString()} on. Until then whoever holds another key of the scope can`,
        `revoke it: lora key revoke ${scope} ${keyId.slice(0, 12)}`,
        `Whoever installs from the scope is asked to agree: lora trust ${scope} ${keyId}`,
        "",
      ].join("\n");
    } finally {
      await logWriter.close();
    }
  } finally {
    await data.close();
  }
}
