// SPDX-License-Identifier: Apache-2.0
/**
 * Receipts are the proofs of C2SP tlog-proof: that an entry is in a log, to be verified without asking anyone.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64 of the entry>            optional in the source; our receipts have it
 *     index 2
 *     rjYAzlzxtNtCE8gMdWOg3nogaSpkG1on8q9dAtR299g=            the inclusion proof, the leaf's sibling first
 *
 *     lora.example/log                       the signed checkpoint, as the log served it
 *     3
 *     IGsvta1Dfrtq/O9Mrl4nU+1xwnfa0TZsW78Wp6y79Zs=
 *
 *     — lora.example/log 4+MF33ZMXATDCUfOLC7AE21Ky6sqZhr+zLpnLaDKQ/Ws25avA5pI3PSvAlPhMjZ1mrTx5oh3BWXcvIzV+c4dBJNN9gY=
 */
import { LoraError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "../signing/base64.ts";
import { MAX_ENTRY_BYTES } from "./entry-bundle.ts";
import { decodeHash, type Hash } from "./hash.ts";
import { MAX_NOTE_BYTES } from "./note.ts";
import { decodeText, parseDecimal } from "./text.ts";

/** No tree that a size can name is higher. */
export const MAX_PROOF_HASHES = 63;
export const MAX_RECEIPT_BYTES = MAX_NOTE_BYTES + 2 * MAX_ENTRY_BYTES + 4096;

const FIRST_LINE = "c2sp.org/tlog-proof@v1";

export interface Receipt {
  /** The entry's bytes. They prove themselves by their place in the tree, not by standing here. */
  entry: Uint8Array<ArrayBuffer>;
  index: number;
  proof: Hash[];
  /** The signed note. */
  checkpoint: string;
}

export function formatReceipt({ entry, index, proof, checkpoint }: Receipt): string {
  const lines = [FIRST_LINE, `extra ${encodeBase64(entry)}`, `index ${index}`, ...proof.map(encodeBase64)];
  return `${lines.join("\n")}\n\n${checkpoint}`;
}

/**
 * @param input from a registry or a mirror, or what lay beside an installed file
 * @throws LoraError RECEIPT_INVALID
 */
export function parseReceipt(input: string | Uint8Array): Receipt {
  const text = decodeText(input, MAX_RECEIPT_BYTES, invalid);
  const split = text.indexOf("\n\n");
  if (split < 0) throw invalid("has no checkpoint behind a blank line");
  const [first, extraLine, indexLine, ...hashLines] = text.slice(0, split).split("\n");
  if (first !== FIRST_LINE) throw invalid(`does not start with ${FIRST_LINE}`);
  const entry = decodeBase64(extraLine?.match(/^extra (.+)$/)?.[1] ?? "");
  if (entry === undefined || entry.length === 0) throw invalid("does not hold the log entry that it is for");
  const index = parseDecimal(indexLine?.match(/^index (.+)$/)?.[1] ?? "");
  if (index === undefined) throw invalid("has no index line");
  if (hashLines.length > MAX_PROOF_HASHES) throw invalid(`has more than ${MAX_PROOF_HASHES} hashes`);
  const proof = hashLines.map((line) => {
    const hash = decodeHash(line);
    if (hash === undefined) throw invalid("has a line that is no sha256 in base64");
    return hash;
  });
  return { entry, index, proof, checkpoint: text.slice(split + 2) };
}

function invalid(what: string): LoraError {
  return new LoraError("RECEIPT_INVALID", `the receipt ${what}`);
}
