// SPDX-License-Identifier: Apache-2.0
/**
 * Canonical JSON, the subset of RFC 8785 that the project hashes and signs: keys sorted by UTF-16 code units, no white
 * space, strings as `JSON.stringify` writes them, integers only.
 *
 *     {"b":[1,"é"],"a":null}  →  {"a":null,"b":[1,"é"]}
 */
export type CanonicalValue =
  | null
  | boolean
  | number
  | string
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue };

/** @throws TypeError for a number that is no safe integer: such a value is a bug of the caller, not input. */
export function canonicalJson(value: CanonicalValue): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new TypeError(`not canonical: ${value}`);
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const object = value as { readonly [key: string]: CanonicalValue };
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as CanonicalValue)}`);
  return `{${members.join(",")}}`;
}
