// SPDX-License-Identifier: Apache-2.0
/**
 * Everything that an install checked, checked again for what lies here: by receipts and signatures without asking anyone,
 * and, where the network may be used, against the log as it is now.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type ErrorCode, LoraError } from "../errors.ts";
import type { Model } from "../install/index.ts";
import { adapterPath } from "../install/installed-stack.ts";
import { fetchAndVerifyRelease } from "../install/verify-release.ts";
import { type PackageName, scopeOf } from "../names.ts";
import type { LockedPackage, Lockfile } from "../project/index.ts";
import { fileError } from "../store/index.ts";
import { verifyReceipt } from "../transparency/index.ts";
import { openReleaseTrust, type ReleaseTrustDeps } from "./release-trust.ts";
import { offlinePolicy } from "./settle-log-policy.ts";
import { openTrustedLog } from "./trusted-log.ts";

/** In the order in which they are made. */
export type CheckName = "receipt" | "signature" | "manifest" | "adapter" | "installed" | "log" | "keys";

export interface CheckResult {
  check: CheckName;
  error: { code: ErrorCode; message: string; hint?: string } | undefined;
}

export interface VerifiedPackage {
  name: PackageName;
  version: string;
  checks: CheckResult[];
}

export interface VerifiedLog {
  url: string;
  origin: string | undefined;
  size: number | undefined;
  error: CheckResult["error"];
}

export interface ProjectVerification {
  packages: VerifiedPackage[];
  /** Empty offline. */
  logs: VerifiedLog[];
  notes: string[];
}

export interface VerifyRequest {
  directory: string;
  lockfile: Lockfile;
  model: Model;
  names: readonly PackageName[];
  offline: boolean;
}

/** Failures are results; only what is no finding is thrown. */
export async function verifyProject(
  deps: ReleaseTrustDeps,
  request: VerifyRequest,
): Promise<ProjectVerification> {
  const { lockfile, names, offline } = request;
  const logs = offline ? [] : await verifyLogs(deps, names);
  const trust = openReleaseTrust(deps, lockfile, { askAnew: true });
  const packages: VerifiedPackage[] = [];
  for (const name of names) {
    const locked = lockfile.packages[name] as LockedPackage;
    const checks = await verifyHere(deps, request, name, locked);
    if (!offline && logs.every(({ error }) => error === undefined)) {
      const error = await failureOf(async () => {
        await trust.checkRelease(name, locked);
      });
      checks.push({ check: error?.code.startsWith("KEY_") ? "keys" : "log", error });
      if (error === undefined) checks.push({ check: "keys", error });
    }
    packages.push({ name, version: locked.version, checks });
  }
  const notes = offline ? [] : await trust.settle().catch(() => []);
  return { packages, logs, notes };
}

async function verifyHere(
  deps: ReleaseTrustDeps,
  { directory, model }: VerifyRequest,
  name: PackageName,
  locked: LockedPackage,
): Promise<CheckResult[]> {
  const receipt = await failureOf(() => verifyStoredReceipt(deps, name, locked));
  const registry = async () => {
    throw new LoraError("NOT_INSTALLED", `a part of ${name} ${locked.version} is not in the store`, {
      hint: "run lora install",
    });
  };
  const release = await failureOf(async () => {
    await fetchAndVerifyRelease({ store: deps.store, registry }, name, locked, model, undefined);
  });
  const failed = release === undefined ? undefined : checkOf(release.code);
  const order = ["signature", "manifest", "adapter"] as const;
  const passed = failed === undefined ? order : order.slice(0, order.indexOf(failed));
  return [
    { check: "receipt", error: receipt },
    ...passed.map((check) => ({ check, error: undefined })),
    ...(failed === undefined ? [] : [{ check: failed, error: release }]),
    { check: "installed", error: await failureOf(() => verifyInstalled(directory, name, locked)) },
  ];
}

async function verifyStoredReceipt(
  deps: ReleaseTrustDeps,
  name: PackageName,
  { registry, version, id, keyId, logIndex }: LockedPackage,
): Promise<void> {
  const receipt = await deps.store.readReceipt(id);
  const policy = await offlinePolicy(registry, deps);
  if (receipt === undefined || policy === undefined) {
    throw new LoraError(
      "RECEIPT_INVALID",
      receipt === undefined
        ? `there is no receipt for ${name} ${version} in the store`
        : `no log key is pinned for ${registry}`,
      { hint: "get it with: lora install" },
    );
  }
  await verifyReceipt(receipt, policy, { t: "publish", pkg: name, version, id, keyid: keyId }, logIndex);
}

async function verifyInstalled(
  directory: string,
  name: PackageName,
  { adapter }: LockedPackage,
): Promise<void> {
  if (adapter === undefined) return;
  const path = adapterPath(directory, adapter);
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (cause) {
    throw fileError(cause, "read", path);
  }
  if (hash.digest("hex") === adapter.sha256) return;
  throw new LoraError("INSTALL_CORRUPT", `${path} is not the adapter of ${name} any more`, {
    hint: "install it anew: lora ci",
  });
}

async function verifyLogs(deps: ReleaseTrustDeps, names: readonly PackageName[]): Promise<VerifiedLog[]> {
  const logs = new Map<string, VerifiedLog>();
  for (const scope of new Set(names.map(scopeOf))) {
    const registry = await deps.registryFor(scope);
    if (logs.has(registry.url)) continue;
    const found: VerifiedLog = { url: registry.url, origin: undefined, size: undefined, error: undefined };
    logs.set(registry.url, found);
    found.error = await failureOf(async () => {
      const log = await openTrustedLog(registry, deps);
      await log.save();
      found.origin = log.origin;
      found.size = log.offered.size;
    });
  }
  return [...logs.values()];
}

async function failureOf(work: () => Promise<void>): Promise<CheckResult["error"]> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof LoraError)) throw error;
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Which of the release's checks a code belongs to. */
function checkOf(code: ErrorCode): "signature" | "manifest" | "adapter" {
  if (/^(?:SIGNATURE|BUNDLE|KEY)_/.test(code)) return "signature";
  if (/^(?:MANIFEST|RELEASE|JSON|NAME)_/.test(code)) return "manifest";
  return "adapter";
}
