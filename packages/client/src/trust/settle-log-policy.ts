// SPDX-License-Identifier: Apache-2.0
import type { RegistryInfo } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import { formatVerifierKey, type Policy, parseVerifierKey, type VerifierKey } from "../transparency/index.ts";
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
 * @throws LoraError LOG_MISSING, LOG_KEY_INVALID, LOG_KEY_CHANGED, LOG_POLICY_INVALID, CHECKPOINT_UNTRUSTED
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
  if (file !== undefined) return settleByFile(policyFor(file.policy, origin), url, key);
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

/** What was seen of a log is kept under its key, so the key is to be one that the user wrote down. */
function settleByFile(policy: Policy, url: string, key: VerifierKey): SettledPolicy {
  const said = formatVerifierKey(key);
  const logs = policy.logs.filter((log) => formatVerifierKey(log.key) === said);
  if (logs.length > 0) return { policy: { ...policy, logs }, logKey: key, settle: async () => [] };
  throw new LoraError(
    "CHECKPOINT_UNTRUSTED",
    `${url} shows the log ${said}, which the log policy does not name for it`,
    {
      hint: "if its operator says that this is right, add a line to the policy: log <key>",
      details: { url, logKey: said, logs: policy.logs.map((log) => formatVerifierKey(log.key)) },
    },
  );
}

/** The policy for what lies here already, without asking anyone. Undefined where nothing was pinned for the origin. */
export async function offlinePolicy(origin: string, deps: TrustDeps): Promise<Policy | undefined> {
  const file = await readPolicyFile(deps.directories.config, deps.env);
  if (file !== undefined) return policyFor(file.policy, origin);
  const pins = await readPinnedLogs(deps.directories.config);
  const pinned = Object.values(pins).find((each) => each.origin === origin);
  return pinned === undefined ? undefined : pinnedPolicy(pinned);
}
