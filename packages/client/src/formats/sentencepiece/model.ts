// SPDX-License-Identifier: Apache-2.0
/**
 * The pieces of a SentencePiece model, `tokenizer.model` (google/sentencepiece, src/sentencepiece_model.proto). It is a
 * protocol buffer (protobuf.dev/programming-guides/encoding), of which one field matters here:
 *
 *     ModelProto    = { field }                 field  = key value, key = varint of number * 8 + wire type
 *       1: SentencePiece, once for each piece, whose id is its place
 *     SentencePiece = 1: string piece   2: float score   3: enum type, NORMAL where it is missing
 *
 *     0a 0e                        field 1, 14 bytes
 *        0a 05 3c 75 6e 6b 3e        piece "<unk>"
 *        15 00 00 00 00              score 0
 *        18 02                       type UNKNOWN
 *
 * Wire types: 0 varint, 1 eight bytes, 2 a length and so many bytes, 5 four bytes. Fields that are unknown are passed over.
 */
import { LoraError } from "../../errors.ts";

/** As the format numbers them; GGUF's token types have the same numbers. */
export const PIECE_TYPES = {
  NORMAL: 1,
  UNKNOWN: 2,
  CONTROL: 3,
  USER_DEFINED: 4,
  UNUSED: 5,
  BYTE: 6,
} as const;

export interface Piece {
  readonly text: string;
  /** One of `PIECE_TYPES`. */
  readonly type: number;
}

/** Gemma's model, the largest there is, has 262,144 pieces in 4.7 MB. */
export const MAX_MODEL_BYTES = 16 * 1024 * 1024;
const MAX_PIECES = 1_048_576;

/** @throws LoraError TOKENIZER_INVALID */
export function parseSentencePieces(bytes: Uint8Array, source: string): Piece[] {
  const pieces: Piece[] = [];
  for (const { number, value } of fieldsOf(bytes, source)) {
    if (number !== 1) continue;
    if (typeof value === "number") throw invalid(source, "has a piece that is a number");
    if (pieces.length === MAX_PIECES) throw invalid(source, `has more than ${MAX_PIECES} pieces`);
    pieces.push(parsePiece(value, pieces.length, source));
  }
  if (pieces.length === 0) throw invalid(source, "has no pieces: it is no SentencePiece model");
  return pieces;
}

function parsePiece(bytes: Uint8Array, id: number, source: string): Piece {
  let text: string | undefined;
  let type: number = PIECE_TYPES.NORMAL;
  for (const { number, value } of fieldsOf(bytes, source)) {
    if (number === 1 && typeof value !== "number") text = decode(value, id, source);
    else if (number === 3 && typeof value === "number") type = value;
  }
  if (text === undefined) throw invalid(source, `has no text in piece ${id}`);
  if (type < PIECE_TYPES.NORMAL || type > PIECE_TYPES.BYTE)
    throw invalid(source, `has type ${type} in piece ${id}`);
  return { text, type };
}

/** Varints come as numbers, what has a length as bytes, and four or eight bytes as bytes too. */
function* fieldsOf(
  bytes: Uint8Array,
  source: string,
): Generator<{ number: number; value: number | Uint8Array }> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw invalid(source, "ends inside a number");
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw invalid(source, "has a number above 2^53");
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw invalid(source, "ends inside a field");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const wireType = key % 8;
    const number = (key - wireType) / 8;
    if (number === 0) throw invalid(source, "is no protocol buffer");
    if (wireType === 0) yield { number, value: varint() };
    else if (wireType === 1) yield { number, value: take(8) };
    else if (wireType === 2) yield { number, value: take(varint()) };
    else if (wireType === 5) yield { number, value: take(4) };
    else throw invalid(source, "is no protocol buffer");
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array, id: number, source: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw invalid(source, `has something other than UTF-8 in piece ${id}`, cause);
  }
}

function invalid(source: string, what: string, cause?: unknown): LoraError {
  return new LoraError("TOKENIZER_INVALID", `${source} ${what}`, { cause, details: { file: source } });
}
