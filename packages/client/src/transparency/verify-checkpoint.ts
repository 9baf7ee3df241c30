// SPDX-License-Identifier: Apache-2.0
/** A checkpoint under a policy: signed by a log that the policy names, and cosigned by its quorum. */
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { formatNote, parseNote } from "./note.ts";
import { type VerifiedSignature, verifyNote } from "./note-signature.ts";
import { isQuorum, type Policy, type PolicyWitness } from "./policy.ts";

export interface Cosignature {
  witness: PolicyWitness;
  /** POSIX time at which the witness says that it knew no larger tree of this log. */
  timeSeconds: number;
}

export interface VerifiedCheckpoint extends Checkpoint {
  /** The whole signed note, to be kept: as the last one seen, and as evidence. */
  note: string;
  /** Of the policy's witnesses, each verified. Other signatures are in the note and count for nothing. */
  cosignatures: readonly Cosignature[];
  /** Under which it was verified. */
  policy: Policy;
}

/**
 * @param input from a registry or a mirror, or what lay beside an installed file
 * @throws LoraError CHECKPOINT_INVALID, CHECKPOINT_UNTRUSTED, COSIGNATURES_MISSING
 */
export async function verifyCheckpoint(
  input: string | Uint8Array,
  policy: Policy,
): Promise<VerifiedCheckpoint> {
  const note = parseNote(input);
  const checkpoint = parseCheckpoint(note.text);
  const keys = [...policy.logs, ...policy.witnesses].map(({ key }) => key);
  const signatures = await verifyNote(note, keys);
  assertSignedByLog(checkpoint, signatures, policy);
  const cosignatures = cosignaturesAmong(signatures, policy);
  assertCosigned(checkpoint, cosignatures, policy);
  return { ...checkpoint, note: formatNote(note), cosignatures, policy };
}

/** A log may sign for its own origin only: one that the policy names does not speak for another. */
function assertSignedByLog(
  { origin }: Checkpoint,
  signatures: readonly VerifiedSignature[],
  policy: Policy,
): void {
  const logs = policy.logs.filter(({ key }) => key.name === origin);
  if (signatures.some((signature) => logs.some(({ key }) => key === signature.key))) return;
  const known = policy.logs.map(({ key }) => key.name);
  throw new LoraError(
    "CHECKPOINT_UNTRUSTED",
    logs.length === 0
      ? `the checkpoint is of the log ${quote(origin)}, and the policy names ${known.map(quote).join(", ") || "no log"}`
      : `the checkpoint of ${quote(origin)} is not signed by the key that the policy has for that log`,
    { details: { origin, logs: known } },
  );
}

/** The newest of each witness that signed more than once. */
function cosignaturesAmong(signatures: readonly VerifiedSignature[], policy: Policy): Cosignature[] {
  return policy.witnesses.flatMap((witness) => {
    const times = signatures.flatMap(({ key, timeSeconds }) =>
      key === witness.key ? [timeSeconds ?? 0] : [],
    );
    return times.length === 0 ? [] : [{ witness, timeSeconds: Math.max(...times) }];
  });
}

function assertCosigned({ origin }: Checkpoint, cosignatures: readonly Cosignature[], policy: Policy): void {
  const cosigned = new Set(cosignatures.map(({ witness }) => witness));
  if (isQuorum(policy.quorum, cosigned)) return;
  const missing = policy.witnesses.filter((witness) => !cosigned.has(witness)).map(({ name }) => name);
  throw new LoraError(
    "COSIGNATURES_MISSING",
    `the checkpoint of ${quote(origin)} lacks cosignatures that the policy asks for; not among them: ${missing.map(quote).join(", ")}`,
    { details: { origin, cosigned: [...cosigned].map(({ name }) => name), missing } },
  );
}
