// SPDX-License-Identifier: Apache-2.0
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf } from "../../http/document.ts";
import { findVersion } from "./find-version.ts";

/** `/versions/@scope/name/1.2.0/signature.json`: the bundle, byte for byte as it was published. */
export function getSignature({ db, cache, downloads }: Deps) {
  return async (c: RequestContext) => {
    const reading = cache.beginReading();
    const { path, bundle, isPrivate, cacheControl } = await findVersion(db, c);
    const document = { body: bundle, etag: etagOf(bundle), cacheControl };
    if (!isPrivate) cache.keepDocument(reading, `${path}/signature.json`, document);
    const answer = answerDocument(c, document);
    if (answer.status === 200 && c.req.method === "GET") downloads.count(c.req.path, c.get("address"));
    return answer;
  };
}
