// SPDX-License-Identifier: Apache-2.0
/**
 * A witness of another registry's log (C2SP tlog-witness): it remembers the largest tree that it has seen, and cosigns
 * only one that contains it. Two people who ask for its cosignature are so never shown two histories.
 *
 *     what is asked                                    answer
 *     no such request                                  400
 *     of another log                                   404
 *     not signed by the log                            403
 *     from a larger size than the checkpoint's         400
 *     from another size than the one it remembers      409, and the size as text/x.tlog.size
 *     the size it remembers, with another root         409, and kept as evidence
 *     a proof that does not hold                       422, and kept as evidence
 *     all is right                                     200, and its signature; the checkpoint is on the disk by then
 */
import { LoraError } from "@lora/client/errors";
import {
  type AddCheckpoint,
  type Checkpoint,
  cosignCheckpoint,
  formatNote,
  formatSignatureLines,
  isConsistencyProof,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  type SignerKey,
  type VerifierKey,
  verifyNote,
} from "@lora/client/transparency";
import type { WitnessState } from "./state.ts";

export interface WitnessAnswer {
  status: 200 | 400 | 403 | 404 | 409 | 422;
  body: string;
  type: "text/plain; charset=utf-8" | "text/x.tlog.size";
}

export interface Witness {
  /** @param body of a request, from anybody @throws LoraError DISK_FULL, IO_FAILED: then nothing was signed */
  addCheckpoint(body: Uint8Array): Promise<WitnessAnswer>;
}

export interface WitnessDeps {
  logKey: VerifierKey;
  key: SignerKey;
  state: WitnessState;
  now(): Date;
}

export function createWitness(deps: WitnessDeps): Witness {
  const { logKey, key, state, now } = deps;
  const cosign = async (request: AddCheckpoint): Promise<WitnessAnswer> => {
    const note = parseNote(request.checkpoint);
    const checkpoint = parseCheckpoint(note.text);
    if (checkpoint.origin !== logKey.name) return refusal(404, `this is no witness of ${logKey.name}`);
    if ((await verifiedBy(request.checkpoint, logKey)) === undefined) {
      return refusal(403, `the checkpoint is not signed by ${logKey.name}`);
    }
    if (request.oldSize > checkpoint.size) return refusal(400, "the old size is above the checkpoint's");
    const seen = await state.read();
    const seenSize = seen?.size ?? 0;
    if (request.oldSize !== seenSize) return conflict(seenSize);
    if (seen !== undefined && !isConsistencyProof(request.proof, seen, checkpoint)) {
      await state.keepEvidence(request);
      return seenSize === checkpoint.size
        ? conflict(seenSize)
        : refusal(422, `the proof does not lead from ${seenSize} entries to ${checkpoint.size}`);
    }
    if (seen === undefined && request.proof.length > 0)
      return refusal(422, "nothing is proved from no entries");
    // Nobody else's signatures are kept, so that what is kept stays small.
    const own = note.signatures.filter(({ name, keyId }) => name === logKey.name && keyId === logKey.keyId);
    await state.write(formatNote({ text: note.text, signatures: own }), checkpoint);
    const signature = await cosignCheckpoint(note.text, key, Math.floor(now().getTime() / 1000));
    return { status: 200, body: formatSignatureLines([signature]), type: "text/plain; charset=utf-8" };
  };

  return {
    addCheckpoint: (body) =>
      // One after another: what is compared with and what is written must be the same state.
      state.alone(async () => {
        try {
          return await cosign(parseAddCheckpoint(body));
        } catch (error) {
          if (!(error instanceof LoraError) || error.kind.httpStatus >= 500) throw error;
          return refusal(400, error.message);
        }
      }),
  };
}

/** The checkpoint if the log signed it; a wrong signature by the log counts as none. */
export async function verifiedBy(text: string, logKey: VerifierKey): Promise<Checkpoint | undefined> {
  const note = parseNote(text);
  const signatures = await verifyNote(note, [logKey]).catch((error: unknown) => {
    if (error instanceof LoraError) return [];
    throw error;
  });
  return signatures.length === 0 ? undefined : parseCheckpoint(note.text);
}

function refusal(status: 400 | 403 | 404 | 422, why: string): WitnessAnswer {
  return { status, body: `${why}\n`, type: "text/plain; charset=utf-8" };
}

function conflict(size: number): WitnessAnswer {
  return { status: 409, body: `${size}\n`, type: "text/x.tlog.size" };
}
