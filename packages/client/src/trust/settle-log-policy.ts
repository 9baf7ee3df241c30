// SPDX-License-Identifier: Apache-2.0
import type { RegistryInfo } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import { type Policy, parseVerifierKey, type VerifierKey } from "../transparency/index.ts";
import { pinnedPolicy, policyFor, readPolicyFile } from "./log-policy.ts";
import { isFirstUse, isKnownOrigin, pinLog, readPinnedLogs } from "./pinned-logs.ts";
import type { TrustDeps } from "./trusted-log.ts";

export interface SettledPolicy {
  policy: Policy;
  /** Names the log and its state. */
  logKey: VerifierKey;
  /** Pins the keys at first use, once the log has passed its checks. @returns what a person should know */
  settle(): Promise<string[]>;
}

/**
 * The policy for a registry's log: the user's file where there is one, else the keys that were pinned at first use.
 * @param info what the registry says of itself
 * @throws LoraError LOG_MISSING, LOG_KEY_INVALID, LOG_KEY_CHANGED, LOG_POLICY_INVALID
 */
export async function settleLogPolicy(
  url: string,
  { origin, logKey, clockKey }: RegistryInfo,
  deps: TrustDeps,
): Promise<SettledPolicy> {
  if (logKey === undefined || clockKey === undefined)
    throw new LoraError("LOG_MISSING", `${url} has no transparency log`);
  const key = parseVerifierKey(logKey);
  const file = await readPolicyFile(deps.directories.config, deps.env);
  if (file !== undefined) return { policy: policyFor(file.policy, key), logKey: key, settle: async () => [] };
  const identity = { origin, logKey, clockKey };
  const policy = pinnedPolicy(identity);
  const isNew = await isFirstUse(deps.directories.config, url, identity);
  return {
    policy,
    logKey: key,
    async settle() {
      if (!isNew) return [];
      // Of a mirror there is nothing new to see.
      const isKnown = await isKnownOrigin(deps.directories.config, identity);
      await pinLog(deps.directories.config, url, identity, deps.now?.() ?? new Date());
      return isKnown ? [] : [`first use of ${origin}: pinned the key of its log, ${logKey}`];
    },
  };
}

/** The policy for what lies here already, without asking anyone. Undefined where nothing was pinned for the origin. */
export async function offlinePolicy(origin: string, deps: TrustDeps): Promise<Policy | undefined> {
  const file = await readPolicyFile(deps.directories.config, deps.env);
  const pins = await readPinnedLogs(deps.directories.config);
  const pinned = Object.values(pins).find((each) => each.origin === origin);
  if (file !== undefined) {
    if (pinned !== undefined) return policyFor(file.policy, parseVerifierKey(pinned.logKey));
    return file.policy;
  }
  return pinned === undefined ? undefined : pinnedPolicy(pinned);
}
