// SPDX-License-Identifier: Apache-2.0
/**
 * The two keys of this registry's log. Both are made at the first start and kept for good: clients pin them by
 * `/registry.json`. The log's own signs checkpoints; the clock's cosigns them again and again with the time.
 *
 *     https://lora.example has the log `lora.example/log` and the clock `lora.example/clock`
 *
 * They lie in the database, unless the operator keeps the log's key elsewhere and passes it at each start.
 */
import { LoraError } from "@lora/client/errors";
import {
  formatSignerKey,
  formatVerifierKey,
  parseSignerKey,
  type SignerKey,
  signerKey,
} from "@lora/client/transparency";
import { type Database, readSetting, settleSetting } from "../database/index.ts";

export interface LogKeys {
  log: SignerKey;
  clock: SignerKey;
}

/**
 * @param given the operator's own log key, as C2SP writes a private one; undefined for the one in the database
 * @throws LoraError USAGE, LOG_KEY_INVALID: a log never changes its key
 */
export async function settleLogKeys(db: Database, origin: string, given?: string): Promise<LogKeys> {
  const { host } = new URL(origin);
  const log = await parseSignerKey(given ?? (await settleOwnKey(db, host)));
  if (log.name !== `${host}/log` || log.kind !== "ed25519") {
    throw new LoraError("USAGE", `LORA_LOG_KEY is no Ed25519 key of the name ${host}/log`);
  }
  const stored = await readSetting(db, "log-key");
  const first = stored === undefined ? log : await parseSignerKey(stored);
  const known = await settleSetting(db, "log-public-key", formatVerifierKey(first));
  if (known !== formatVerifierKey(log)) {
    throw new LoraError(
      "USAGE",
      `the key is not the one that this registry's log is known by, ${known}`,
      given === undefined ? { hint: "pass the log's key in LORA_LOG_KEY, as at the first start" } : {},
    );
  }
  const madeClock = formatSignerKey(await signerKey(`${host}/clock`, "cosignature/v1"));
  return { log, clock: await parseSignerKey(await settleSetting(db, "clock-key", madeClock)) };
}

async function settleOwnKey(db: Database, host: string): Promise<string> {
  const made = formatSignerKey(await signerKey(`${host}/log`, "ed25519"));
  // A log that is known by its operator's key gets none of its own: the check above refuses this one.
  const isOperators =
    (await readSetting(db, "log-public-key")) !== undefined &&
    (await readSetting(db, "log-key")) === undefined;
  return isOperators ? made : settleSetting(db, "log-key", made);
}
