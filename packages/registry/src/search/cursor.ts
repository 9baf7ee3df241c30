// SPDX-License-Identifier: Apache-2.0
/**
 * Where the next page of a search begins: behind the last package of this one, by its place in the order. So a package
 * that is published between two pages shifts none of the others.
 *
 *     cursor = base64url([sort, key, name])    ["relevance",1240,"@demo/upper"]    key: the score
 *                                              ["newest",1795385077035,"@demo/upper"]    key: milliseconds since 1970
 *                                              ["downloads",1033,"@demo/upper"]         key: how often it was fetched
 */
import { LoraError } from "@lora/client/errors";
import { isPackageName } from "@lora/client/names";

/** The last millisecond of the year 9999. */
const MAX_KEY = 253_402_300_799_999;

export interface Cursor {
  sort: "relevance" | "newest" | "downloads";
  key: number;
  name: string;
}

export function formatCursor({ sort, key, name }: Cursor): string {
  return Buffer.from(JSON.stringify([sort, key, name])).toString("base64url");
}

/** @param text controlled by the client @throws LoraError USAGE */
export function parseCursor(text: string, sort: Cursor["sort"]): Cursor {
  const parts = decode(text);
  if (Array.isArray(parts) && parts.length === 3) {
    const [kind, key, name] = parts as unknown[];
    const isKey = Number.isInteger(key) && (key as number) >= 0 && (key as number) <= MAX_KEY;
    if (kind === sort && isKey && typeof name === "string" && isPackageName(name)) {
      return { sort, key: key as number, name };
    }
  }
  throw new LoraError("USAGE", "the cursor is not one that this search gave out", {
    hint: "begin again without a cursor",
  });
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}
