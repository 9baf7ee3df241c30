// SPDX-License-Identifier: Apache-2.0
/** Text that is signed and shown. Strict to the byte, so that no two inputs read alike and none drives a terminal. */
import type { LoraError } from "../errors.ts";
import { isTreeSize } from "./merkle-tree.ts";

const CONTROL_CHARACTER = /(?!\n)\p{Cc}/u;
const DECIMAL = /^(?:0|[1-9]\d{0,15})$/;

/** @param fail makes the error of a fault such as "is not UTF-8" */
export function decodeText(
  input: string | Uint8Array,
  maxBytes: number,
  fail: (what: string) => LoraError,
): string {
  if (input.length > maxBytes) throw fail(`is larger than ${maxBytes} bytes`);
  const text = typeof input === "string" ? input : decodeUtf8(input);
  if (text === undefined || !text.isWellFormed()) throw fail("is not UTF-8");
  if (CONTROL_CHARACTER.test(text)) throw fail("has control characters");
  return text;
}

/** A size, an index or a time as C2SP writes them: decimal, no leading zeroes. Undefined for all else. */
export function parseDecimal(text: string): number | undefined {
  return DECIMAL.test(text) && isTreeSize(Number(text)) ? Number(text) : undefined;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    // A byte order mark is a character of the signed text, not to be dropped.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
