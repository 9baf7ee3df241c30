// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { parsePackageName } from "@lora/client/names";
import { and, eq, ne } from "drizzle-orm";
import { isVisible, PRIVATE_SHORT_LIVED } from "../../auth/index.ts";
import { tables } from "../../database/index.ts";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, SHORT_LIVED } from "../../http/document.ts";
import { stemOfJson } from "../../http/json-file.ts";
import { INDEX_MS } from "../../read-cache/index.ts";

/** `/index/@scope/name.json` */
export function getPackageIndex({ db, cache }: Deps) {
  const { packages } = tables;
  return async (c: RequestContext) => {
    const reading = cache.beginReading();
    const { scope = "", file = "" } = c.req.param();
    const name = parsePackageName(`${scope}/${stemOfJson(file)}`);
    const [row] = await db
      .select({
        name: packages.name,
        body: packages.indexText,
        etag: packages.indexEtag,
        isPrivate: packages.isPrivate,
      })
      .from(packages)
      // A package whose first version waits for the log has no index yet.
      .where(and(eq(packages.name, name), ne(packages.indexText, "")));
    const visible = await isVisible(db, c, row);
    if (row === undefined || !visible) {
      throw new LoraError("PACKAGE_NOT_FOUND", `there is no package ${name}`);
    }
    const { body, etag, isPrivate } = row;
    const document = { body, etag, cacheControl: isPrivate ? PRIVATE_SHORT_LIVED : SHORT_LIVED };
    if (!isPrivate) cache.keepDocument(reading, `/index/${name}.json`, document, INDEX_MS);
    return answerDocument(c, document);
  };
}
