// SPDX-License-Identifier: Apache-2.0
/**
 * One log never contradicts itself: of any two of its checkpoints the smaller is a prefix of the larger. Two that are
 * not are proof that the log's holder showed different logs to different people, or rewrote one, and are kept.
 */
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import { encodeBase64 } from "../signing/base64.ts";
import { isConsistencyProof, proveConsistency } from "./consistency-proof.ts";
import type { Hash } from "./hash.ts";
import type { HashReader } from "./subtrees.ts";
import type { VerifiedCheckpoint } from "./verify-checkpoint.ts";

/** What is needed to show to anybody that a log contradicted itself: both notes as signed, and the hashes between. */
export interface LogEvidence {
  seen: string;
  offered: string;
  /** Base64 of the hashes that lead from the smaller tree to another root than the larger one's. */
  proof: string[];
}

/**
 * How the checkpoint that is offered now stands to one that was seen before.
 *
 * `"older"` is a mirror that lags behind: worth a warning, and nothing newer is overwritten by it. To prove that it is
 * a prefix takes tiles of the larger tree, which the mirror may not have: then the reader's error is thrown.
 * @param hashesOf reads the tree of the larger of the two, proved against its root, as `tileHashReader` does
 * @throws LoraError LOG_INCONSISTENT with LogEvidence as `details.evidence`; whatever the reader throws
 */
export async function compareCheckpoints(
  seen: VerifiedCheckpoint,
  offered: VerifiedCheckpoint,
  hashesOf: (larger: VerifiedCheckpoint) => HashReader,
): Promise<"same" | "newer" | "older"> {
  if (seen.origin !== offered.origin)
    throw new TypeError(`${seen.origin} and ${offered.origin} are two logs`);
  const [older, newer] = seen.size <= offered.size ? [seen, offered] : [offered, seen];
  const proof = needsNoProof(older, newer)
    ? []
    : await proveConsistency(older.size, newer.size, hashesOf(newer));
  if (!isConsistencyProof(proof, older, newer)) throw inconsistent(seen, offered, proof);
  if (seen.size === offered.size) return "same";
  return seen.size < offered.size ? "newer" : "older";
}

function needsNoProof(older: VerifiedCheckpoint, newer: VerifiedCheckpoint): boolean {
  return older.size === 0 || older.size === newer.size;
}

function inconsistent(
  seen: VerifiedCheckpoint,
  offered: VerifiedCheckpoint,
  proof: readonly Hash[],
): LoraError {
  const evidence: LogEvidence = { seen: seen.note, offered: offered.note, proof: proof.map(encodeBase64) };
  return new LoraError(
    "LOG_INCONSISTENT",
    `the log ${quote(seen.origin)} signed two histories: one of ${seen.size} entries, seen before, and one of ${offered.size}`,
    { details: { origin: seen.origin, seenSize: seen.size, offeredSize: offered.size, evidence } },
  );
}
