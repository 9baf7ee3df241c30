// SPDX-License-Identifier: Apache-2.0
/**
 * Whose signature counts for a release. Log order is the clock.
 *
 *     1. The key was not revoked before the release's log index.
 *     2. It is pinned (the lockfile has it, or the user trusts it), or reached from a pinned one by key.add, each step
 *        signed by a key that was not revoked then.
 *     3. An older key of the same chain may have signed what was logged before the pinned one was added.
 *     4. Where nothing is pinned: reached from the scope's first key, which is the one that this machine saw before, if any.
 *     5. A key of a key.reset is nobody's successor: where anything is pinned, only the user can accept it.
 */
import type { Sha256 } from "../digest.ts";
import { LoraError } from "../errors.ts";
import type { PackageName } from "../names.ts";
import type { Version } from "../versions.ts";
import { type ProvedKey, proveKey, proveRevocation, type ScopeKeyContext } from "./scope-key-proofs.ts";

export interface SignedBy {
  name: PackageName;
  version: Version;
  keyId: Sha256;
  /** Of the release's log entry. */
  index: number;
  /** POSIX time at which the log's cosigner saw the entry. */
  loggedAtSeconds: number;
}

export interface KeyPins {
  /** Empty where the project has nothing of the scope yet. */
  locked: ReadonlySet<Sha256>;
  /** By `lora trust`. */
  trusted: ReadonlySet<Sha256>;
  /** From which log index on, as proved on this machine before: a registry may not take a revocation back. */
  revoked: Readonly<Record<Sha256, number>>;
  /** The scope's first, as proved on this machine before: a registry may not begin the scope anew. */
  first: Sha256 | undefined;
}

export interface KeyVerdict {
  pem: string;
  /** Revocations that were proved. */
  revoked: Record<Sha256, number>;
  /** The scope's first key, where the way to the release's key began there. */
  first: Sha256 | undefined;
  /** What a person should know. */
  notes: string[];
}

/** @throws LoraError KEY_REVOKED, KEY_CHANGED, KEY_RESET, KEY_UNKNOWN, …: the release may not be installed */
export async function assertMaySign(
  context: ScopeKeyContext,
  release: SignedBy,
  pins: KeyPins,
): Promise<KeyVerdict> {
  const { scope } = context;
  const revoked: Record<Sha256, number> = {};
  const assertValidAt = async (keyId: Sha256, index: number, what: string) => {
    const proved = await proveRevocation(context, keyId);
    if (proved !== undefined) revoked[keyId] = proved;
    const from = Math.min(
      proved ?? Number.POSITIVE_INFINITY,
      pins.revoked[keyId] ?? Number.POSITIVE_INFINITY,
    );
    if (index < from) return;
    throw new LoraError(
      "KEY_REVOKED",
      `${what} is signed by key ${short(keyId)} at entry ${index} of the log, and the key counts only before entry ${from}`,
      { details: { scope, keyId, index, validBefore: from } },
    );
  };
  const isPinned = (keyId: Sha256) => pins.locked.has(keyId) || pins.trusted.has(keyId);

  await assertValidAt(release.keyId, release.index, `${release.name} ${release.version}`);
  const first = await proveKey(context, release.keyId);
  if (first.origin === "reset") assertInForce(first, release);
  for (let key = first; ; ) {
    if (isPinned(key.keyId)) break;
    if (key.origin === "added") {
      await assertValidAt(key.by, key.index, `key ${short(key.keyId)} of ${scope}`);
      const voucher = await proveKey(context, key.by);
      if (voucher.index >= key.index)
        throw new LoraError(
          "KEY_UNKNOWN",
          `${scope}'s key ${short(key.by)} vouched for another before it was added`,
          {
            details: { scope, keyId: key.by },
          },
        );
      key = voucher;
      continue;
    }
    if (pins.locked.size === 0 && key.origin === "first") {
      if (pins.first === undefined || pins.first === key.keyId) {
        return { pem: first.pem, revoked, first: key.keyId, notes: [] };
      }
      throw begunAnew(release, key.keyId, pins.first);
    }
    if (key.origin === "reset") {
      if (pins.locked.size > 0) throw wasReset(release, key, pins);
      return { pem: first.pem, revoked, first: undefined, notes: [resetNote(release, key)] };
    }
    if (!(await isBeforePins(context, release, pins))) throw changed(release, pins);
    break;
  }
  return { pem: first.pem, revoked, first: undefined, notes: [] };
}

/** Rule 3: some pinned key descends from the release's, and was added after the release. */
async function isBeforePins(context: ScopeKeyContext, release: SignedBy, pins: KeyPins): Promise<boolean> {
  for (const pin of pins.locked) {
    if (!context.keys.some(({ keyId }) => keyId === pin)) continue;
    let key = await proveKey(context, pin);
    const addedAt = key.index;
    while (key.origin === "added" && key.keyId !== release.keyId) {
      const voucher = await proveKey(context, key.by);
      if (voucher.index >= key.index) return false;
      key = voucher;
    }
    if (key.keyId === release.keyId && release.index < addedAt) return true;
  }
  return false;
}

function assertInForce(key: ProvedKey & { origin: "reset" }, release: SignedBy): void {
  if (release.loggedAtSeconds >= key.notBefore) return;
  throw new LoraError(
    "KEY_UNKNOWN",
    `${release.name} ${release.version} is signed by key ${short(key.keyId)}, which may sign only from ${new Date(key.notBefore * 1000).toISOString()} on`,
    { details: { keyId: key.keyId, notBefore: key.notBefore } },
  );
}

function wasReset(release: SignedBy, key: ProvedKey, pins: KeyPins): LoraError {
  const scope = release.name.slice(0, release.name.indexOf("/"));
  return new LoraError(
    "KEY_RESET",
    `${release.name} ${release.version} is signed by key ${short(release.keyId)}: the registry reset the keys of ${scope}, and none of its own vouched for key ${short(key.keyId)}`,
    {
      hint: `ask its owners whether that was them; if it was: lora trust ${scope} ${key.keyId}`,
      details: { keyId: release.keyId, resetKeyId: key.keyId, pinned: [...pins.locked] },
    },
  );
}

function changed(release: SignedBy, pins: KeyPins): LoraError {
  const scope = release.name.slice(0, release.name.indexOf("/"));
  return new LoraError(
    "KEY_CHANGED",
    `${release.name} ${release.version} is signed by key ${short(release.keyId)}, which none of the keys that this project has pinned vouched for: ${[...pins.locked].map(short).join(", ")}`,
    {
      hint: `ask the owners of ${scope} for their key; if it is this one: lora trust ${scope} ${release.keyId}`,
      details: {
        name: release.name,
        version: release.version,
        keyId: release.keyId,
        pinned: [...pins.locked],
      },
    },
  );
}

function begunAnew(release: SignedBy, keyId: Sha256, known: Sha256): LoraError {
  const scope = release.name.slice(0, release.name.indexOf("/"));
  return new LoraError(
    "KEY_CHANGED",
    `${release.name} ${release.version} goes back to key ${short(keyId)} as the first of ${scope}, and this machine has seen that ${short(known)} was its first`,
    {
      hint: `ask the owners of ${scope} for their key; if it is this one: lora trust ${scope} ${keyId}`,
      details: { name: release.name, version: release.version, keyId, first: known },
    },
  );
}

function resetNote(release: SignedBy, key: ProvedKey): string {
  return `the key of ${release.name} ${release.version}, ${short(key.keyId)}, comes from a reset by the registry: no earlier key of the scope vouched for it`;
}

function short(keyId: Sha256): string {
  return keyId.slice(0, 12);
}
