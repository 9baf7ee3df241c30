// SPDX-License-Identifier: Apache-2.0
import { MAX_BASE_NAME_LENGTH } from "./base-record.ts";

/** Names go to terminals and web pages, so they lose what is no text, and all beyond a line. */
export function plainLine(text: string | undefined): string | undefined {
  const line = text
    ?.replace(/[\p{Cc}\p{Bidi_Control}]+/gu, " ")
    .trim()
    .slice(0, MAX_BASE_NAME_LENGTH)
    .toWellFormed();
  return line === "" ? undefined : line;
}
