// SPDX-License-Identifier: Apache-2.0
/**
 * Where tiles and entry bundles lie below a log's address (C2SP tlog-tiles).
 *
 *     path  = "tile/" level "/" index [ ".p/" width ]
 *     level = 0 to 63 | "entries"
 *     index = *( "x" 3DIGIT "/" ) 3DIGIT        the fewest groups that hold it
 *     width = 1 to 255                          partial tiles only
 *
 *     tile/0/x001/x234/067          tile 1234067 of level 0, full
 *     tile/entries/000.p/15         the first 15 entries
 */
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";
import { type EntryBundle, TILE_WIDTH, type Tile } from "./tile.ts";

export const MAX_TILE_LEVEL = 63;
/** Six groups hold every index below 2^53. */
export const MAX_TILE_PATH_LENGTH = 64;

const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

export function formatTilePath({ level, index, width }: Tile | EntryBundle): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  const last = groups.pop();
  const directories = groups.map((group) => `x${group}/`).join("");
  return `tile/${level}/${directories}${last}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}

/**
 * @param path from a request: anything at all
 * @throws LoraError NOT_FOUND: there is no such file in any log
 */
export function parseTilePath(path: string): Tile | EntryBundle {
  const [, level, groups, width] = (path.length <= MAX_TILE_PATH_LENGTH && PATH.exec(path)) || [];
  const tile = {
    level: level === "entries" ? level : Number(level),
    index: Number(groups?.replace(/[x/]/g, "")),
    width: width === undefined ? TILE_WIDTH : Number(width),
  } as Tile | EntryBundle;
  const isInRange =
    Number.isSafeInteger(tile.index) && (tile.level === "entries" || tile.level <= MAX_TILE_LEVEL);
  if (!isInRange || formatTilePath(tile) !== path) {
    throw new LoraError("NOT_FOUND", `${quote(path)} is not the path of a tile`);
  }
  return tile;
}
