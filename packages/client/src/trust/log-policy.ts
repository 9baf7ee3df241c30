// SPDX-License-Identifier: Apache-2.0
/**
 * Under which policy a registry's log is believed: that of the file `log-policy` beside the settings (or where
 * `LORA_LOG_POLICY` says) if there is one; otherwise the log's own key and clock, as they were pinned at first use.
 */
import { join } from "node:path";
import { LoraError } from "../errors.ts";
import { readDocument } from "../store/index.ts";
import { type Policy, parsePolicy, parseVerifierKey } from "../transparency/index.ts";
import type { LogIdentity } from "./pinned-logs.ts";

/** Undefined where the user has written none. @throws LoraError LOG_POLICY_INVALID, FILE_NOT_FOUND */
export async function readPolicyFile(
  configDirectory: string,
  env: NodeJS.ProcessEnv,
): Promise<{ path: string; policy: Policy } | undefined> {
  const named = env.LORA_LOG_POLICY || undefined;
  const path = named ?? join(configDirectory, "log-policy");
  const text = await readDocument(path);
  if (text !== undefined) return { path, policy: parsePolicy(text) };
  if (named === undefined) return undefined;
  throw new LoraError("FILE_NOT_FOUND", `there is no ${path}, which LORA_LOG_POLICY names`);
}

/**
 * Of all logs that the file names, the registry's own is left: one may not speak for another. A registry's log is named
 * for its host, so the origin tells which that is.
 */
export function policyFor(file: Policy, origin: string): Policy {
  const name = URL.canParse(origin) ? `${new URL(origin).host}/log` : undefined;
  return { ...file, logs: file.logs.filter(({ key }) => key.name === name) };
}

/** @throws LoraError LOG_KEY_INVALID */
export function pinnedPolicy({ logKey, clockKey }: LogIdentity): Policy {
  const key = parseVerifierKey(logKey);
  const clock = parseVerifierKey(clockKey);
  if (key.kind !== "ed25519" || clock.kind !== "cosignature/v1")
    throw new LoraError("LOG_KEY_INVALID", "the registry's log key or clock key is of the wrong kind");
  const witness = { kind: "witness", name: "clock", key: clock } as const;
  return { logs: [{ key }], witnesses: [witness], groups: [], quorum: witness };
}
