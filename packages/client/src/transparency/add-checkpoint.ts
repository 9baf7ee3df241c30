// SPDX-License-Identifier: Apache-2.0
/**
 * What a log asks of a witness, the body of `add-checkpoint` in C2SP tlog-witness. The answer is signature lines.
 *
 *     "old " size LF *63( base64(hash) LF ) LF note
 *
 *     old 20852014
 *     PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=            the consistency proof from the old size
 *
 *     example.com/behind-the-sofa
 *     20852163
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 *     — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
 */
import { LoraError } from "../errors.ts";
import { encodeBase64 } from "../signing/base64.ts";
import { decodeHash, type Hash } from "./hash.ts";
import { MAX_NOTE_BYTES } from "./note.ts";
import { MAX_PROOF_HASHES } from "./receipt.ts";
import { decodeText, parseDecimal } from "./text.ts";

export const MAX_ADD_CHECKPOINT_BYTES = MAX_NOTE_BYTES + 4096;

export interface AddCheckpoint {
  /** Of the last checkpoint that the witness cosigned, as far as the log knows. */
  oldSize: number;
  proof: Hash[];
  /** The signed note. */
  checkpoint: string;
}

export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  return `${[`old ${oldSize}`, ...proof.map(encodeBase64)].join("\n")}\n\n${checkpoint}`;
}

/**
 * @param body of a request, from anybody
 * @throws LoraError USAGE
 */
export function parseAddCheckpoint(body: string | Uint8Array): AddCheckpoint {
  const text = decodeText(body, MAX_ADD_CHECKPOINT_BYTES, invalid);
  const split = text.indexOf("\n\n");
  if (split < 0) throw invalid("has no checkpoint behind a blank line");
  const [oldLine, ...hashLines] = text.slice(0, split).split("\n");
  const oldSize = parseDecimal(oldLine?.match(/^old (.+)$/)?.[1] ?? "");
  if (oldSize === undefined) throw invalid("does not start with the old size");
  if (hashLines.length > MAX_PROOF_HASHES) throw invalid(`has more than ${MAX_PROOF_HASHES} hashes`);
  const proof = hashLines.map((line) => {
    const hash = decodeHash(line);
    if (hash === undefined) throw invalid("has a line that is no sha256 in base64");
    return hash;
  });
  return { oldSize, proof, checkpoint: text.slice(split + 2) };
}

function invalid(what: string): LoraError {
  return new LoraError("USAGE", `the request to cosign ${what}`);
}
