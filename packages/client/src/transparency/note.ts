// SPDX-License-Identifier: Apache-2.0
/**
 * Signed notes of C2SP signed-note: a text and the signatures over it, readable as they are.
 *
 *     note      = text LF 1*16signature          split at the last blank line; text ends in LF
 *     signature = "— " name " " base64(keyid4 ‖ signature) LF          U+2014; no space or "+" in a name
 *
 *     This is an example message.
 *
 *     — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
 *
 * Valid UTF-8, no control characters but LF (the source forbids those below U+0020; here also the others, which
 * terminals obey). A text means nothing before a signature over it by a known key was verified.
 */
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { LoraError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "../signing/base64.ts";
import { decodeText } from "./text.ts";

/** The fewest that a reader must take, and the most that this one does. */
export const MAX_SIGNATURES = 16;
/** Room for sixteen signatures of a post-quantum size. */
export const MAX_NOTE_BYTES = 128 * 1024;

const SEPARATOR = "\n\n";
const SIGNATURE_LINE = /^— ([^\p{White_Space}+]+) ([A-Za-z0-9+/=]+)$/u;

export interface NoteSignature {
  /** The key's name and id together say which key signed, and how. */
  name: string;
  /** Eight hex digits. */
  keyId: string;
  /** At least one byte; the key's kind says what they are. */
  signature: Uint8Array;
}

export interface Note {
  /** What is signed, with its last LF. */
  text: string;
  signatures: NoteSignature[];
}

/**
 * @param input a note as it came, from anybody
 * @throws LoraError CHECKPOINT_INVALID
 */
export function parseNote(input: string | Uint8Array): Note {
  const note = decodeText(input, MAX_NOTE_BYTES, invalid);
  const split = note.lastIndexOf(SEPARATOR);
  if (split < 0) throw invalid("has no signatures behind a blank line");
  const signatures = parseSignatureLines(note.slice(split + SEPARATOR.length));
  return { text: note.slice(0, split + 1), signatures };
}

export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${formatSignatureLines(signatures)}`;
}

/**
 * The lines below the blank one, which is also how a witness answers.
 * @throws LoraError CHECKPOINT_INVALID
 */
export function parseSignatureLines(input: string | Uint8Array): NoteSignature[] {
  const lines = decodeText(input, MAX_NOTE_BYTES, invalid).split("\n");
  if (lines.pop() !== "" || lines.length === 0) throw invalid("does not end in a signature line");
  if (lines.length > MAX_SIGNATURES) throw invalid(`has more than ${MAX_SIGNATURES} signatures`);
  return lines.map((line) => {
    const [, name, base64] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = decodeBase64(base64 ?? "");
    if (name === undefined || bytes === undefined || bytes.length < 5)
      throw invalid("has a line that is no signature");
    return { name, keyId: bytesToHex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
  });
}

export function formatSignatureLines(signatures: readonly NoteSignature[]): string {
  return signatures
    .map(({ name, keyId, signature }) => {
      const bytes = new Uint8Array(4 + signature.length);
      bytes.set(hexToBytes(keyId));
      bytes.set(signature, 4);
      return `— ${name} ${encodeBase64(bytes)}\n`;
    })
    .join("");
}

/** The note with these signatures added, each in place of one by the same key: how cosignatures are collected. */
export function addSignatures(note: Note, added: readonly NoteSignature[]): Note {
  const isReplaced = (old: NoteSignature) =>
    added.some(({ name, keyId }) => name === old.name && keyId === old.keyId);
  return { text: note.text, signatures: [...note.signatures.filter((old) => !isReplaced(old)), ...added] };
}

function invalid(what: string): LoraError {
  return new LoraError("CHECKPOINT_INVALID", `the signed note ${what}`);
}
