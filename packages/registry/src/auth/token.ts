// SPDX-License-Identifier: Apache-2.0
/**
 * Access tokens. The checksum lets a secret scanner tell a token from text that looks like one, without asking anybody.
 *
 *     token  = "lora_" random check          41 characters
 *     random = 30 base62 digits              178 bits
 *     check  = 6 base62 digits               CRC-32 of the random part's ASCII, most significant digit first
 *     base62 = "0"-"9" "A"-"Z" "a"-"z"
 */
import { createHash, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_DIGITS = 30;
const CHECK_DIGITS = 6;
const TOKEN = new RegExp(`^lora_([0-9A-Za-z]{${RANDOM_DIGITS}})([0-9A-Za-z]{${CHECK_DIGITS}})$`);

export function generateToken(): string {
  const random = Array.from({ length: RANDOM_DIGITS }, () => DIGITS[randomInt(DIGITS.length)]).join("");
  return `lora_${random}${checkOf(random)}`;
}

/** Whether the text has the form of a token and its checksum; not whether anybody issued it. */
export function isToken(text: string): boolean {
  const match = TOKEN.exec(text);
  return match?.[1] !== undefined && checkOf(match[1]) === match[2];
}

/** What is stored in the token's place. No salt and no slow hash: 178 random bits cannot be guessed. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function checkOf(random: string): string {
  let rest = crc32(random);
  let check = "";
  for (let i = 0; i < CHECK_DIGITS; i++) {
    check = DIGITS[rest % DIGITS.length] + check;
    rest = Math.floor(rest / DIGITS.length);
  }
  return check;
}
