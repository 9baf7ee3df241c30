// SPDX-License-Identifier: Apache-2.0
import { isSha256, type Sha256 } from "@lora/client/digest";
import { and, eq } from "drizzle-orm";
import { callerIfAny, isPrivateBlobVisible, PRIVATE_IMMUTABLE } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import { parseByteRange } from "../../http/byte-range.ts";
import type { RequestContext } from "../../http/context.ts";
import { IMMUTABLE, matchesEtag } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";
import { streamToClient } from "../../http/stream.ts";
import { assertBlobNotTakenDown } from "../../operations/take-down.ts";

/** Of a URL to S3: a download begins within it, and may take as long as it likes. */
const PUBLIC_URL_SECONDS = 3600;
const PRIVATE_URL_SECONDS = 120;

/** `/blobs/sha256/<64 hex>`: a file of some published version; what was only uploaded is not here. */
export function getBlob(deps: Deps) {
  const { db, blobs, limits } = deps;
  return async (c: RequestContext) => {
    const { sha256 = "" } = c.req.param();
    // Checked before anything is looked up: a path is built from it.
    if (!isSha256(sha256)) throw notFound("a blob is named by the 64 lower-case hex digits of its sha256");
    const row = await findBlob(deps, sha256);
    const visible =
      row?.isPrivate === false || (await isPrivateBlobVisible(db, await callerIfAny(db, c), sha256));
    if (row === undefined) await assertBlobNotTakenDown(db, sha256);
    if (row === undefined || !visible) throw notFound(`no published version has the blob ${sha256}`);
    const { sizeBytes, isPrivate } = row;

    const etag = `"${sha256}"`;
    const headers: Record<string, string> = {
      etag,
      "accept-ranges": "bytes",
      // no-transform: a content-encoding on the way would make the size another than the signed one.
      "cache-control": `${isPrivate ? PRIVATE_IMMUTABLE : IMMUTABLE}, no-transform`,
      "content-type": "application/octet-stream",
    };
    if (matchesEtag(c.req.header("if-none-match"), etag)) return c.body(null, 304, headers);

    // A range holds only for GET, and with If-Range only for the very content that the client has a part of.
    const ifRange = c.req.header("if-range");
    const isRangeMeant = c.req.method === "GET" && (ifRange === undefined || ifRange === etag);
    const range = isRangeMeant ? parseByteRange(c.req.header("range"), sizeBytes) : undefined;
    if (range === "unsatisfiable") {
      headers["content-range"] = `bytes */${sizeBytes}`;
      return c.body(null, 416, headers);
    }

    const { start, lengthBytes } = range ?? { start: 0, lengthBytes: sizeBytes };
    headers["content-length"] = String(lengthBytes);
    if (range !== undefined)
      headers["content-range"] = `bytes ${start}-${start + lengthBytes - 1}/${sizeBytes}`;
    const status = range === undefined ? 200 : 206;
    if (c.req.method === "HEAD" || lengthBytes === 0) return c.body(null, status, headers);
    const url = await blobs.presignDownload(sha256, isPrivate ? PRIVATE_URL_SECONDS : PUBLIC_URL_SECONDS);
    if (url !== undefined) {
      // Kept no longer than the URL holds. A client sends its Range there; never its token, to another origin.
      const cacheControl = isPrivate ? "private, no-store" : `public, max-age=${PUBLIC_URL_SECONDS / 4}`;
      return c.body(null, 307, { location: url, "cache-control": cacheControl });
    }
    const source = await blobs.read(sha256, start, lengthBytes);
    return c.body(
      streamToClient(source, { lengthBytes, stallMs: limits.stallMs, log: c.get("log") }),
      status,
      headers,
    );
  };
}

/** From memory where everybody may have it. */
async function findBlob({ db, cache }: Deps, sha256: Sha256) {
  const known = cache.blobSizeBytes(sha256);
  if (known !== undefined) return { sizeBytes: known, isPrivate: false };
  const reading = cache.beginReading();
  const [row] = await db
    .select({ sizeBytes: tables.blobs.sizeBytes, isPrivate: tables.blobs.isPrivate })
    .from(tables.blobs)
    .where(and(eq(tables.blobs.sha256, sha256), tables.blobs.isLive));
  if (row?.isPrivate === false) cache.keepBlobSize(reading, sha256, row.sizeBytes);
  return row;
}
