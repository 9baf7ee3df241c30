// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { quote, type ScopeName } from "@lora/client/names";

/** Short enough to type, long enough not to be met by chance. */
const MIN_DIGITS = 8;

/**
 * The one of a scope's keys that a person means by its id or the beginning of it.
 * @throws LoraError USAGE
 */
export function chooseKey<Key extends { keyId: string }>(
  keys: readonly Key[],
  scope: ScopeName,
  text: string,
): Key {
  if (!/^[0-9a-f]+$/.test(text) || text.length < MIN_DIGITS) {
    throw new LoraError("USAGE", `${quote(text)} is not a key id`, {
      hint: `give at least its first ${MIN_DIGITS} digits: lora key ls ${scope}`,
    });
  }
  const [key, ...others] = keys.filter(({ keyId }) => keyId.startsWith(text));
  if (key !== undefined && others.length === 0) return key;
  throw new LoraError(
    "USAGE",
    key === undefined ? `${scope} has no key ${text}` : `${scope} has several keys that begin with ${text}`,
    { hint: `see them: lora key ls ${scope}` },
  );
}
