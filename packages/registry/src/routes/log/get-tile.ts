// SPDX-License-Identifier: Apache-2.0
import { parseTilePath, TILE_WIDTH } from "@lora/client/transparency";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf, IMMUTABLE } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";
import { isPublishedWidth, readTileFile } from "../../log/index.ts";

/** `/log/tile/<level>/<index>`, `/log/tile/entries/<index>`, and either with `.p/<width>`: hashes, or entries. */
export function getTile({ db }: Deps) {
  return async (c: RequestContext) => {
    const tile = parseTilePath(c.req.path.slice("/log/".length));
    const isWhole = tile.width === TILE_WIDTH;
    // A partial tile is one of a checkpoint that was signed: a copy of the log, file by file, has no others.
    const body = isWhole || (await isPublishedWidth(db, tile)) ? await readTileFile(db, tile) : undefined;
    if (body === undefined) throw notFound(`the log has no ${c.req.path}`);
    const type = "application/octet-stream";
    return answerDocument(c, { body, etag: etagOf(body), cacheControl: IMMUTABLE, type });
  };
}
