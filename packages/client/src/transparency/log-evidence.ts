// SPDX-License-Identifier: Apache-2.0
/**
 * Proof that a log signed two histories, for anybody who has the log's key: two of its signed notes, and the root that
 * the larger tree has at the size of the smaller, led to the larger's own root by a consistency proof.
 *
 *     {"seen":"lora.example/log\n651\n…","offered":"lora.example/log\n700\n…","root":"<b64>","proof":["<b64>",…]}
 */

import { isConsistencyProof } from "./consistency-proof.ts";
import { decodeHash, type Hash, hashesEqual } from "./hash.ts";
import type { Policy } from "./policy.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

/** Plain JSON, to be written to a file as it is. */
export interface LogEvidence {
  /** The signed note that was known before. */
  seen: string;
  /** The one that contradicts it. */
  offered: string;
  /** Base64. Of the larger tree at the smaller's size; not the root that the log signed for that size. */
  root: string;
  proof: string[];
}

/**
 * @param evidence from anybody, who may have made it up
 * @param policy names the log that is accused
 * @throws LoraError when a note does not verify under the policy: then it is no evidence against this log
 */
export async function isLogEvidence(
  { seen, offered, root, proof }: LogEvidence,
  policy: Policy,
): Promise<boolean> {
  const notes = [await verifyCheckpoint(seen, policy), await verifyCheckpoint(offered, policy)] as const;
  const [smaller, larger] = notes[0].size <= notes[1].size ? notes : [notes[1], notes[0]];
  const [actual, ...hashes] = [root, ...proof].map(decodeHash);
  if (actual === undefined || !hashes.every((hash): hash is Hash => hash !== undefined)) return false;
  return (
    smaller.origin === larger.origin &&
    !hashesEqual(actual, smaller.root) &&
    isConsistencyProof(hashes, { size: smaller.size, root: actual }, larger)
  );
}
