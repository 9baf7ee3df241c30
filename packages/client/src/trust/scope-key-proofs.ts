// SPDX-License-Identifier: Apache-2.0
/** What the log proves of a scope's keys. Nothing that the scope's document says counts without its receipt. */
import type { Sha256 } from "../digest.ts";
import type { ScopeKeyDocument } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import type { ScopeName } from "../names.ts";
import { importPublicKey, verifyKeyStatement } from "../signing/index.ts";
import {
  type ExpectedEntry,
  type LogEntryType,
  type LoggedEntry,
  type Policy,
  type VerifiedCheckpoint,
  verifyReceipt,
} from "../transparency/index.ts";

/** The time between a reset and the key's first use, for the scope's owners to object in. */
export const RESET_DELAY_SECONDS = 72 * 60 * 60;

export interface ScopeKeyContext {
  scope: ScopeName;
  /** What the registry calls itself: named in every statement. */
  origin: string;
  keys: readonly ScopeKeyDocument[];
  policy: Policy;
  assertConsistent(checkpoint: VerifiedCheckpoint): Promise<void>;
}

export type ProvedKey = { keyId: Sha256; pem: string; index: number } & (
  | { origin: "first" }
  | { origin: "added"; by: Sha256 }
  | { origin: "reset"; notBefore: number }
);

/** How a key came to its scope. @throws LoraError KEY_UNKNOWN, KEY_INVALID, KEY_STATEMENT_INVALID, RECEIPT_…, LOG_… */
export async function proveKey(context: ScopeKeyContext, keyId: Sha256): Promise<ProvedKey> {
  const { scope } = context;
  const key = context.keys.find((each) => each.keyId === keyId);
  if (key === undefined)
    throw unknown(scope, keyId, "which is not among the keys of its scope", context.keys);
  if ((await importPublicKey(key.pem)).keyId !== keyId)
    throw new LoraError("KEY_INVALID", `the key offered as ${keyId.slice(0, 12)} is another key`);
  const facts = { keyId, pem: key.pem };
  if (key.reset !== undefined) {
    const { notBefore, receipt, index } = key.reset;
    const logged = await prove(context, receipt, index, { t: "key.reset", scope, keyid: keyId, notBefore });
    const loggedAt = Math.max(0, ...logged.checkpoint.cosignatures.map(({ timeSeconds }) => timeSeconds));
    if (notBefore < loggedAt + RESET_DELAY_SECONDS)
      throw unknown(scope, keyId, "a reset that did not wait for 72 hours", context.keys);
    return { ...facts, origin: "reset", index: logged.index, notBefore };
  }
  const logged = await prove(context, key.receipt, key.index, {
    t: "key.add",
    scope,
    keyid: keyId,
    by: key.by,
  });
  if (key.by === null) {
    // The first comes right after the scope itself. Any other without a voucher is the registry's invention.
    if (logged.entry.seq !== 1)
      throw unknown(scope, keyId, "for which no key of the scope vouched", context.keys);
    return { ...facts, origin: "first", index: logged.index };
  }
  const voucher = context.keys.find((each) => each.keyId === key.by);
  await verifyKeyStatement(
    key.statement ?? "",
    { registry: context.origin, scope, keyId, by: key.by },
    voucher === undefined ? [] : [voucher],
  );
  return { ...facts, origin: "added", index: logged.index, by: key.by };
}

/** From which log index on nothing that the key signed counts; undefined while all does. @throws LoraError RECEIPT_…, LOG_… */
export async function proveRevocation(context: ScopeKeyContext, keyId: Sha256): Promise<number | undefined> {
  const revoked = context.keys.find((each) => each.keyId === keyId)?.revoked;
  if (revoked === undefined) return undefined;
  const { scope } = context;
  const { validBefore, receipt, index } = revoked;
  await prove(context, receipt, index, { t: "key.revoke", scope, keyid: keyId, validBefore });
  return validBefore;
}

async function prove<Type extends LogEntryType>(
  { policy, assertConsistent }: ScopeKeyContext,
  receipt: string,
  index: number,
  expected: ExpectedEntry<Type>,
): Promise<LoggedEntry<Type>> {
  const logged = await verifyReceipt(receipt, policy, expected, index);
  await assertConsistent(logged.checkpoint);
  return logged;
}

function unknown(scope: ScopeName, keyId: Sha256, why: string, keys: readonly ScopeKeyDocument[]): LoraError {
  return new LoraError("KEY_UNKNOWN", `${scope} is shown with key ${keyId.slice(0, 12)}, ${why}`, {
    details: { scope, keyId, keys: keys.map((each) => each.keyId) },
  });
}
