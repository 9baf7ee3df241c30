// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { LoraError } from "@lora/client/errors";
import { resetScopeKey } from "../scopes/reset-key.ts";
import { withLog, withStartedData } from "./operator.ts";
import type { KeyResetCommand } from "./parse-key-reset.ts";

/** Returns what the operator is told. @throws LoraError */
export async function runKeyReset({ scope, file, options }: KeyResetCommand): Promise<string> {
  const pem = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new LoraError("FILE_NOT_FOUND", `${file} cannot be read`, { cause });
  });
  return withStartedData(options, (data) =>
    withLog(data, options, async ({ logWriter }) => {
      const reset = await resetScopeKey(data.database.db, scope, pem, options.now?.());
      const { keyId, notBefore, pending } = reset;
      const { index } = await logWriter.settle(pending);
      return [
        `${scope} has the new key ${keyId}, by entry ${index} of the log.`,
        `It may sign from ${new Date(notBefore * 1000).toISOString()} on. Until then whoever holds another key of the scope can`,
        `revoke it: lora key revoke ${scope} ${keyId.slice(0, 12)}`,
        `Whoever installs from the scope is asked to agree: lora trust ${scope} ${keyId}`,
        "",
      ].join("\n");
    }),
  );
}
