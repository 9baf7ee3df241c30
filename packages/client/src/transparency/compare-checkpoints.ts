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
import type { LogEvidence } from "./log-evidence.ts";
import { type HashReader, readRanges } from "./subtrees.ts";
import type { VerifiedCheckpoint } from "./verify-checkpoint.ts";

/**
 * How the checkpoint that is offered now stands to one that was seen before.
 *
 * `"older"` is a mirror that lags behind: worth a warning, and nothing newer is overwritten by it. To prove that it is
 * a prefix takes tiles of the larger tree, which the mirror may not have: then the reader's error is thrown.
 * @param hashesOf reads the tree of the larger of the two, proved against its root, as `tileHashReader` does; not
 *   called where the sizes are equal, or one is zero
 * @throws LoraError LOG_INCONSISTENT with LogEvidence as `details.evidence`; whatever the reader throws
 */
export async function compareCheckpoints(
  seen: VerifiedCheckpoint,
  offered: VerifiedCheckpoint,
  hashesOf: (larger: VerifiedCheckpoint) => HashReader,
): Promise<"same" | "newer" | "older"> {
  if (seen.origin !== offered.origin)
    throw new TypeError(`${seen.origin} and ${offered.origin} are two logs`);
  const [smaller, larger] = seen.size <= offered.size ? [seen, offered] : [offered, seen];
  if (smaller.size === larger.size) {
    if (!isConsistencyProof([], smaller, larger)) throw inconsistent(seen, offered, larger.root, []);
    return "same";
  }
  if (smaller.size > 0) {
    const hashes = hashesOf(larger);
    const proof = await proveConsistency(smaller.size, larger.size, hashes);
    if (!isConsistencyProof(proof, smaller, larger)) {
      const [root] = await readRanges([{ start: 0, end: smaller.size }], hashes);
      throw inconsistent(seen, offered, root as Hash, proof);
    }
  }
  return larger === offered ? "newer" : "older";
}

function inconsistent(
  seen: VerifiedCheckpoint,
  offered: VerifiedCheckpoint,
  root: Hash,
  proof: readonly Hash[],
): LoraError {
  const evidence: LogEvidence = {
    seen: seen.note,
    offered: offered.note,
    root: encodeBase64(root),
    proof: proof.map(encodeBase64),
  };
  return new LoraError(
    "LOG_INCONSISTENT",
    `the log ${quote(seen.origin)} signed two histories: one of ${seen.size} entries, seen before, and one of ${offered.size}`,
    { details: { origin: seen.origin, seenSize: seen.size, offeredSize: offered.size, evidence } },
  );
}
