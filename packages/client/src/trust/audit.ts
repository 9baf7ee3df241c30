// SPDX-License-Identifier: Apache-2.0
/**
 * What became of the releases in a lockfile since they were published, by the log itself: a registry can leave something
 * out of an index or a scope's document, but not out of its log.
 */
import type { PackageIndex } from "../documents/index.ts";
import { type PackageName, scopeOf } from "../names.ts";
import type { LockedPackage, Lockfile } from "../project/index.ts";
import type { LogEntry } from "../transparency/index.ts";
import type { Version } from "../versions.ts";
import { type FollowedEntry, followLog } from "./follow-log.ts";
import type { ReleaseTrustDeps } from "./release-trust.ts";
import { assertSameRegistry } from "./same-registry.ts";
import { openTrustedLog, type TrustedLog } from "./trusted-log.ts";

export type AuditKind =
  | "yanked"
  | "taken-down"
  | "key-revoked"
  | "key-reset"
  | "republished"
  | "hidden"
  /** A key that another key of the scope vouched for: nothing to act on. */
  | "key-added";

export interface AuditFinding {
  kind: AuditKind;
  name: PackageName;
  version: Version;
  /** Of the log entry that says so. */
  index: number;
  detail: string;
}

export interface AuditOutcome {
  /** In order of the log. */
  findings: AuditFinding[];
  logs: { url: string; origin: string; size: number }[];
  /** Of lagging mirrors and first uses. */
  notes: string[];
}

/** Kinds that are news and no alarm. */
export const isAlarm = ({ kind }: AuditFinding): boolean => kind !== "key-added";

/** @throws LoraError RELEASE_MISMATCH, and as openTrustedLog: a log that cannot be believed is no basis for anything */
export async function auditLockfile(deps: ReleaseTrustDeps, lockfile: Lockfile): Promise<AuditOutcome> {
  const outcome: AuditOutcome = { findings: [], logs: [], notes: [] };
  for (const packages of await byRegistry(deps, lockfile)) {
    const { registry } = packages;
    const log = await openTrustedLog(registry, deps);
    for (const [name, locked] of packages.locked) assertSameRegistry(name, locked, log);
    const watched = packages.locked.map(([name, locked]) => watch(name, locked));
    // Anything before the first of them was checked when it was installed; without an index, all of it is read.
    const from = Math.min(...packages.locked.map(([, { logIndex }]) => logIndex ?? 0));
    for await (const followed of followLog(log, from)) for (const each of watched) each.see(followed);
    for (const each of watched) {
      const index = await registry.index(each.name);
      outcome.findings.push(...each.findings(), ...hiddenVersions(each, index, log));
    }
    await log.save();
    outcome.logs.push({ url: log.url, origin: log.origin, size: log.offered.size });
    outcome.notes.push(...log.notes);
  }
  outcome.findings.sort((a, b) => a.index - b.index);
  return outcome;
}

async function byRegistry(deps: ReleaseTrustDeps, lockfile: Lockfile) {
  const groups = new Map<
    string,
    { registry: Awaited<ReturnType<typeof deps.registryFor>>; locked: [PackageName, LockedPackage][] }
  >();
  for (const [key, locked] of Object.entries(lockfile.packages)) {
    const name = key as PackageName;
    const registry = await deps.registryFor(scopeOf(name));
    const group = groups.get(registry.url) ?? { registry, locked: [] };
    group.locked.push([name, locked]);
    groups.set(registry.url, group);
  }
  return groups.values();
}

interface Watched {
  name: PackageName;
  see(followed: FollowedEntry): void;
  findings(): AuditFinding[];
  /** Published and not taken down again, by version. */
  published: Map<Version, number>;
}

function watch(name: PackageName, { version, id, keyId, logIndex }: LockedPackage): Watched {
  const scope = scopeOf(name);
  const lasting: AuditFinding[] = [];
  const published = new Map<Version, number>();
  let yanked: AuditFinding | undefined;
  const finding = (kind: AuditKind, index: number, detail: string): AuditFinding => ({
    kind,
    name,
    version,
    index,
    detail,
  });
  const seeOwn = (entry: LogEntry & { pkg: PackageName; version: Version }, index: number) => {
    if (entry.t === "publish") published.set(entry.version, index);
    if (entry.t === "takedown") published.delete(entry.version);
    if (entry.version !== version) return;
    if (entry.t === "publish" && entry.id !== id)
      lasting.push(finding("republished", index, `entry ${index} publishes another release as ${version}`));
    if (entry.t === "takedown") lasting.push(finding("taken-down", index, "the registry took it down"));
    if (entry.t === "yank") yanked = finding("yanked", index, "its publisher took it out of new installs");
    if (entry.t === "unyank") yanked = undefined;
  };
  let hasFirstKey = false;
  const seeScope = (entry: LogEntry, index: number) => {
    if (entry.t === "key.add" && entry.by === null) {
      // What was locked has a key already: one that comes later and that nobody vouched for is the registry's.
      if (hasFirstKey || (logIndex !== undefined && index > logIndex))
        lasting.push(
          finding(
            "key-reset",
            index,
            `the registry gave ${scope} the key ${entry.keyid.slice(0, 12)} as if it were its first`,
          ),
        );
      hasFirstKey = true;
    }
    if (entry.t === "key.revoke" && entry.keyid === keyId)
      lasting.push(
        finding(
          "key-revoked",
          index,
          `what key ${keyId.slice(0, 12)} signed counts only before entry ${entry.validBefore}`,
        ),
      );
    if (entry.t === "key.reset")
      lasting.push(
        finding("key-reset", index, `the registry gave ${scope} the key ${entry.keyid.slice(0, 12)}`),
      );
    if (entry.t === "key.add" && entry.by !== null)
      lasting.push(
        finding(
          "key-added",
          index,
          `key ${entry.by.slice(0, 12)} vouched for key ${entry.keyid.slice(0, 12)}`,
        ),
      );
  };
  return {
    name,
    published,
    see({ index, entry }) {
      if (entry === undefined) return;
      if ("pkg" in entry) {
        if (entry.pkg === name) seeOwn(entry, index);
      } else if ("scope" in entry && entry.scope === scope) seeScope(entry, index);
    },
    findings: () => (yanked === undefined ? lasting : [...lasting, yanked]),
  };
}

function hiddenVersions(
  { name, published }: Watched,
  index: PackageIndex | undefined,
  { url }: TrustedLog,
): AuditFinding[] {
  return [...published]
    .filter(([version]) => index?.versions[version] === undefined)
    .map(([version, at]) => ({
      kind: "hidden",
      name,
      version,
      index: at,
      detail: `${version} is in the log, and ${url} does not show it`,
    }));
}
