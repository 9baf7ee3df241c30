// SPDX-License-Identifier: Apache-2.0
/**
 * The key with which this registry will sign its transparency log, made at the first start and kept for good: clients
 * pin it by `/registry.json`, so a registry that had none from its beginning could never prove where its log began.
 */
import { formatSignerKey, formatVerifierKey, parseSignerKey, signerKey } from "@lora/client/transparency";
import { type Database, settleSetting } from "./database/index.ts";

/**
 * @param origin names the log: `https://lora.example` has the log `lora.example/log`
 * @returns the public half, as C2SP's signed-note writes it: `lora.example/log+e3e305df+ARpc…`
 */
export async function settleLogKey(db: Database, origin: string): Promise<string> {
  const made = await signerKey(`${new URL(origin).host}/log`, "ed25519");
  const settled = await settleSetting(db, "log-key", formatSignerKey(made));
  return formatVerifierKey(await parseSignerKey(settled));
}
