// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from "@lora/client/digest";
import { and, eq } from "drizzle-orm";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument } from "../../http/document.ts";
import { findVersion } from "./find-version.ts";

/** `/versions/@scope/name/1.2.0/lora.json`: the bytes of the blob that the author signed. */
export function getManifest({ db, blobs, cache }: Deps) {
  const { versionFiles } = tables;
  return async (c: RequestContext) => {
    const reading = cache.beginReading();
    const { id, path, isPrivate, cacheControl } = await findVersion(db, c);
    const [file] = await db
      .select({ sha256: versionFiles.sha256, sizeBytes: tables.blobs.sizeBytes })
      .from(versionFiles)
      .innerJoin(tables.blobs, eq(tables.blobs.sha256, versionFiles.sha256))
      .where(and(eq(versionFiles.versionId, id), eq(versionFiles.name, "lora.json")));
    if (file === undefined) throw new Error(`version ${id} has no lora.json`);
    const stream = await blobs.read(file.sha256 as Sha256, 0, file.sizeBytes);
    const body = new Uint8Array(Buffer.concat(await stream.toArray()));
    const document = { body, etag: `"${file.sha256}"`, cacheControl };
    if (!isPrivate) cache.keepDocument(reading, `${path}/lora.json`, document);
    return answerDocument(c, document);
  };
}
