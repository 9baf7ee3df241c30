// SPDX-License-Identifier: Apache-2.0
/**
 * What an install asks about each release before it looks at a signature: is it in its registry's one log, is the entry
 * what the index or the lockfile says, and may its key sign? One checkpoint a registry and one document of keys a scope;
 * nothing at all for a release whose receipt lies here and about which nothing was asked anew.
 */
import type { Sha256 } from "../digest.ts";
import type { PackageIndex, ScopeKeys } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import { type PackageName, type ScopeName, scopeOf } from "../names.ts";
import type { LockedPackage, Lockfile } from "../project/index.ts";
import type { RegistryClient } from "../registry-client/index.ts";
import type { Store } from "../store/index.ts";
import { type LoggedEntry, type Policy, verifyReceipt } from "../transparency/index.ts";
import type { Version } from "../versions.ts";
import { assertMaySign } from "./key-rules.ts";
import type { LogState } from "./log-state.ts";
import { assertSameRegistry } from "./same-registry.ts";
import { assertNothingTakenBack, type SeenLog, type SeenRelease } from "./seen-releases.ts";
import { offlinePolicy } from "./settle-log-policy.ts";
import { readTrustedKeys } from "./trusted-keys.ts";
import { openTrustedLog, type TrustDeps, type TrustedLog } from "./trusted-log.ts";

export interface ReleaseTrustDeps extends TrustDeps {
  store: Store;
  registryFor: (scope: ScopeName) => Promise<RegistryClient>;
}

export interface CheckedRelease {
  logIndex: number;
  receipt: Uint8Array;
  /** Of the key that signed it, where the registry was asked. */
  pem: string | undefined;
}

export interface ReleaseTrust {
  /** @throws LoraError VERSION_HIDDEN, VERSION_SWAPPED, and as openTrustedLog */
  checkIndex(name: PackageName, index: PackageIndex | undefined, registry: RegistryClient): Promise<void>;
  /** @throws LoraError of the first check that fails, in the order of docs/trust.md */
  checkRelease(name: PackageName, locked: LockedPackage): Promise<CheckedRelease>;
  /** Once all is verified: what was seen is remembered. @returns what a person should know */
  settle(): Promise<string[]>;
}

/**
 * @param pinned the lockfile as it was before; its keys are the pins
 * @param askAnew about everything, whatever lies here
 */
export function openReleaseTrust(
  deps: ReleaseTrustDeps,
  pinned: Lockfile | undefined,
  { askAnew = false }: { askAnew?: boolean } = {},
): ReleaseTrust {
  const logs = new Map<string, Promise<TrustedLog>>();
  const keys = new Map<string, Promise<ScopeKeys>>();
  const learned: { log: TrustedLog; learn: (state: LogState) => LogState }[] = [];
  const notes: string[] = [];
  const pins = pinnedKeys(pinned);
  /** A new answer was made of what the registry says now, so it is asked about all of it. */
  let isAnswerNew = askAnew;

  const logOf = (registry: RegistryClient) => once(logs, registry.url, () => openTrustedLog(registry, deps));
  const trustedKeys = lazily(() => readTrustedKeys(deps.directories.config));

  const checkOffline = async (name: PackageName, locked: LockedPackage) => {
    const receipt = await deps.store.readReceipt(locked.id);
    if (receipt === undefined || isAnswerNew) return undefined;
    const policy = await offlinePolicy(locked.registry, deps);
    if (policy === undefined) return undefined;
    const logged = await verifyStored(receipt, policy, name, locked);
    return logged === undefined ? undefined : { logIndex: logged.index, receipt, pem: undefined };
  };

  return {
    async checkIndex(name, index, registry) {
      if (registry.network !== "always") return;
      isAnswerNew = true;
      const log = await logOf(registry);
      const { releases } = await log.state.read();
      const seen: SeenRelease[] = Object.entries(releases[name] ?? {}).map(([version, release]) => ({
        version: version as Version,
        ...release,
      }));
      const locked = pinned?.packages[name];
      if (locked !== undefined && locked.registry === log.origin) seen.push(seenOf(locked));
      await assertNothingTakenBack(name, index, seen, seenLog(name, log));
    },

    async checkRelease(name, locked) {
      const offline = await checkOffline(name, locked);
      if (offline !== undefined) return offline;
      const scope = scopeOf(name);
      const registry = await deps.registryFor(scope);
      const [log, document, trusted, stored] = await Promise.all([
        logOf(registry),
        once(keys, `${registry.url} ${scope}`, () => registry.scopeKeys(scope)),
        trustedKeys(),
        deps.store.readReceipt(locked.id),
      ]);
      assertSameRegistry(name, locked, log);
      if (!isAnswerNew) notes.push(...(await checkLocked(name, locked, registry, log)));
      const kept = stored && (await verifyStored(stored, log.policy, name, locked));
      const receipt = kept && stored ? stored : await registry.receipt(name, locked.version);
      const logged =
        kept ?? (await verifyReceipt(receipt, log.policy, expectedEntry(name, locked), locked.logIndex));
      await log.assertConsistent(logged.checkpoint);
      const { revoked, firstKeys } = await log.state.read();
      const verdict = await assertMaySign(
        { ...log, scope, keys: document.keys },
        { name, version: locked.version, keyId: locked.keyId, ...factsOf(logged) },
        {
          locked: pins.get(scope) ?? new Set(),
          trusted: new Set(trusted[scope] ?? []),
          revoked: revoked[scope] ?? {},
          first: firstKeys?.[scope],
        },
      ).catch(async (error: unknown) => {
        await rememberRevocation(error, scope, log);
        throw error;
      });
      notes.push(...verdict.notes);
      learned.push({
        log,
        learn: (state) => ({
          ...state,
          releases: {
            ...state.releases,
            [name]: {
              ...state.releases[name],
              [locked.version]: { id: locked.id, index: logged.index },
            },
          },
          revoked: { ...state.revoked, [scope]: earliest(state.revoked[scope] ?? {}, verdict.revoked) },
          ...(verdict.first === undefined
            ? {}
            : { firstKeys: { [scope]: verdict.first, ...state.firstKeys } }),
        }),
      });
      return { logIndex: logged.index, receipt, pem: verdict.pem };
    },

    async settle() {
      const opened = await Promise.all(logs.values());
      for (const log of opened) {
        const own = learned.filter((each) => each.log === log);
        await log.save((state) => own.reduce((sofar, { learn }) => learn(sofar), state));
      }
      return [...opened.flatMap((log) => log.notes), ...notes];
    },
  };
}

/** Also where it stops the install: a registry may not show it once and hide it afterwards. */
async function rememberRevocation(error: unknown, scope: ScopeName, { state }: TrustedLog): Promise<void> {
  if (!(error instanceof LoraError) || error.code !== "KEY_REVOKED") return;
  const { keyId, validBefore } = error.details as { keyId: Sha256; validBefore: number };
  await state.update((sofar) => ({
    ...sofar,
    revoked: { ...sofar.revoked, [scope]: earliest(sofar.revoked[scope] ?? {}, { [keyId]: validBefore }) },
  }));
}

/** A later revocation may say more of what a key signed to be void, never less. */
function earliest(known: Record<Sha256, number>, proved: Record<Sha256, number>): Record<Sha256, number> {
  const both = { ...known };
  for (const [keyId, index] of Object.entries(proved))
    both[keyId as Sha256] = Math.min(index, known[keyId as Sha256] ?? index);
  return both;
}

/** What became of a release that nobody resolves anew. @returns what a person should know */
async function checkLocked(
  name: PackageName,
  locked: LockedPackage,
  registry: RegistryClient,
  log: TrustedLog,
): Promise<string[]> {
  const { version } = locked;
  const index = await registry.index(name);
  const takenDown = await assertNothingTakenBack(name, index, [seenOf(locked)], seenLog(name, log));
  if (takenDown.length > 0) {
    const reason = index?.takenDown?.[version]?.reason;
    const why = reason === undefined ? "" : `: ${reason}`;
    throw new LoraError("VERSION_TAKEN_DOWN", `${name} ${version} was taken down by its registry${why}`, {
      hint: `take another version: lora update ${name}`,
      details: { name, version, ...(reason === undefined ? {} : { reason }) },
    });
  }
  const reason = index?.versions[version]?.yanked;
  return reason === undefined ? [] : [`${name} ${version} is yanked: ${reason}`];
}

function seenOf({ version, id, logIndex }: LockedPackage): SeenRelease {
  return { version, id, index: logIndex };
}

function seenLog(name: PackageName, log: TrustedLog): SeenLog {
  return {
    offeredSize: log.offered.size,
    newestSize: log.newest().size,
    async proveTakedown(version, { receipt, index }) {
      const expected = { t: "takedown", pkg: name, version } as const;
      const { checkpoint } = await verifyReceipt(receipt, log.policy, expected, index);
      await log.assertConsistent(checkpoint);
    },
  };
}

/** What lies here may have been spoilt, or be of a log that is forgotten: then the registry is asked for another. */
async function verifyStored(
  receipt: Uint8Array,
  policy: Policy,
  name: PackageName,
  locked: LockedPackage,
): Promise<LoggedEntry<"publish"> | undefined> {
  try {
    return await verifyReceipt(receipt, policy, expectedEntry(name, locked), locked.logIndex);
  } catch (error) {
    if (error instanceof LoraError) return undefined;
    throw error;
  }
}

function expectedEntry(name: PackageName, { version, id, keyId }: LockedPackage) {
  return { t: "publish", pkg: name, version, id, keyid: keyId } as const;
}

function factsOf({ index, checkpoint }: LoggedEntry<"publish">): { index: number; loggedAtSeconds: number } {
  const times = checkpoint.cosignatures.map(({ timeSeconds }) => timeSeconds);
  return { index, loggedAtSeconds: Math.max(0, ...times) };
}

function pinnedKeys(lockfile: Lockfile | undefined): Map<ScopeName, Set<Sha256>> {
  const pins = new Map<ScopeName, Set<Sha256>>();
  for (const [name, { keyId }] of Object.entries(lockfile?.packages ?? {})) {
    const scope = scopeOf(name as PackageName);
    pins.set(scope, (pins.get(scope) ?? new Set()).add(keyId));
  }
  return pins;
}

function once<Value>(
  known: Map<string, Promise<Value>>,
  key: string,
  make: () => Promise<Value>,
): Promise<Value> {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

function lazily<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
