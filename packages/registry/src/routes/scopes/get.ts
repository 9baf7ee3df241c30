// SPDX-License-Identifier: Apache-2.0
import type { ScopeKeys } from "@lora/client/documents";
import { parseScopeName } from "@lora/client/names";
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";
import { answerDocument, etagOf, SHORT_LIVED } from "../../http/document.ts";
import { stemOfJson } from "../../http/json-file.ts";
import { describeScopeKeys, readScopeKeys } from "../../scopes/scope-keys.ts";

/** `/scopes/@scope.json` */
export function getScope({ db }: Deps) {
  return async (c: RequestContext) => {
    const scope = parseScopeName(stemOfJson(c.req.param("file") ?? ""));
    const keys = await describeScopeKeys(db, await readScopeKeys(db, scope));
    const body = JSON.stringify({ v: 1, scope, keys } satisfies ScopeKeys);
    return answerDocument(c, { body, etag: etagOf(body), cacheControl: SHORT_LIVED });
  };
}
