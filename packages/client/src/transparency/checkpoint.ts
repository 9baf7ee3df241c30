// SPDX-License-Identifier: Apache-2.0
/**
 * Checkpoints of C2SP tlog-checkpoint: the text of a signed note by which a log says what it holds.
 *
 *     origin LF size LF base64(root) LF *( extension LF )
 *
 *     lora.example/log
 *     3
 *     IGsvta1Dfrtq/O9Mrl4nU+1xwnfa0TZsW78Wp6y79Zs=
 *
 * The origin names the log and is the name of its key. Our logs write no extension lines; those of others are kept,
 * for they are signed.
 */
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import { encodeBase64 } from "../signing/base64.ts";
import { decodeHash, hashesEqual } from "./hash.ts";
import { EMPTY_ROOT, type Tree } from "./merkle-tree.ts";
import { MAX_NOTE_BYTES } from "./note.ts";
import { decodeText, parseDecimal } from "./text.ts";

export interface Checkpoint extends Tree {
  origin: string;
  /** Opaque lines, none of them empty. */
  extensions: readonly string[];
}

export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, size, encodeBase64(root), ...extensions, ""].join("\n");
}

/**
 * @param text of a note: believe it only once a signature over it was verified
 * @throws LoraError CHECKPOINT_INVALID
 */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = decodeText(text, MAX_NOTE_BYTES, invalid).split("\n");
  if (lines.pop() !== "" || lines.some((line) => line === ""))
    throw invalid("has an empty or unfinished line");
  const [origin, sizeText, rootText, ...extensions] = lines;
  if (origin === undefined || sizeText === undefined || rootText === undefined)
    throw invalid("has fewer than three lines");
  const size = parseDecimal(sizeText);
  if (size === undefined) throw invalid(`has ${quote(sizeText)} for a size`);
  const root = decodeHash(rootText);
  if (root === undefined) throw invalid("has no sha256 in base64 for a root");
  if (size === 0 && !hashesEqual(root, EMPTY_ROOT)) throw invalid("gives an empty log a root of its own");
  return { origin, size, root, extensions };
}

function invalid(what: string): LoraError {
  return new LoraError("CHECKPOINT_INVALID", `the checkpoint ${what}`);
}
