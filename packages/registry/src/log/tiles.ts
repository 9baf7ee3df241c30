// SPDX-License-Identifier: Apache-2.0
/** The log's files, rendered from rows (C2SP tlog-tiles). What is in no committed batch is in no file. */
import {
  type EntryBundle,
  formatEntryBundle,
  formatTile,
  type HashReader,
  readEdge as readProvedEdge,
  TILE_WIDTH,
  type Tile,
  type Tree,
  type TreeEdge,
  tileHashReader,
} from "@lora/client/transparency";
import { and, asc, between, eq, gte, lt } from "drizzle-orm";
import { type Queryable, tables } from "../database/index.ts";
import { storedHash } from "./head.ts";

/** The bytes of a tile or bundle; undefined where the log has not all of its slots. */
export async function readTileFile(
  db: Queryable,
  tile: Tile | EntryBundle,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const first = tile.index * TILE_WIDTH;
  const last = first + tile.width - 1;
  const { logEntries, logHashes } = tables;
  if (tile.level === "entries") {
    const rows = await db
      .select({ entry: logEntries.entry })
      .from(logEntries)
      .where(between(logEntries.index, first, last))
      .orderBy(asc(logEntries.index));
    return rows.length < tile.width
      ? undefined
      : formatEntryBundle(rows.map(({ entry }) => new TextEncoder().encode(entry)));
  }
  const rows = await db
    .select({ hash: logHashes.hash })
    .from(logHashes)
    .where(and(eq(logHashes.level, tile.level), between(logHashes.index, first, last)))
    .orderBy(asc(logHashes.index));
  return rows.length < tile.width ? undefined : formatTile(rows.map(({ hash }) => storedHash(hash)));
}

/** Whether a checkpoint was ever signed of a tree whose edge is this partial tile: no other is a file of the log. */
export async function isPublishedWidth(db: Queryable, { level, index, width }: Tile | EntryBundle) {
  const { logCheckpoints } = tables;
  const leaves = level === "entries" ? 1 : TILE_WIDTH ** level;
  const slots = index * TILE_WIDTH + width;
  const [row] = await db
    .select({ size: logCheckpoints.size })
    .from(logCheckpoints)
    .where(and(gte(logCheckpoints.size, slots * leaves), lt(logCheckpoints.size, (slots + 1) * leaves)))
    .limit(1);
  return row !== undefined;
}

/** Where an append starts. @throws LoraError LOG_TILE_INVALID when the rows do not make up the tree's root */
export function readStoredEdge(db: Queryable, tree: Tree): Promise<TreeEdge> {
  return readProvedEdge(tree, tileRows(db));
}

/** Any hash of a tree of this log. @throws LoraError LOG_TILE_INVALID */
export function storedHashReader(db: Queryable, tree: Tree): HashReader {
  return tileHashReader(tree, tileRows(db));
}

function tileRows(db: Queryable) {
  return {
    readTile: async (tile: Tile) => (await readTileFile(db, tile)) ?? new Uint8Array(),
    keepTile: async () => {},
  };
}
