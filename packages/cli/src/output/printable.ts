// SPDX-License-Identifier: Apache-2.0

/** What a model says, for a terminal: line ends and tabs stay, escape sequences cannot be made of it. */
export function printableChunk(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (character) =>
    /[\n\t]/.test(character) ? character : "",
  );
}
