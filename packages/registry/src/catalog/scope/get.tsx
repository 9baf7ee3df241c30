// SPDX-License-Identifier: Apache-2.0
import { parseScopeName } from "@lora/client/names";
import { readScopeKeys } from "../../scopes/scope-keys.ts";
import { formatCursor, parseCursor } from "../../search/cursor.ts";
import { findPackages } from "../../search/find-packages.ts";
import { readFound } from "../../search/read-found.ts";
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { readHistory } from "../data/history.ts";
import { readMembers } from "../data/members.ts";
import { readerOf } from "../data/reader.ts";
import { ScopePage } from "./page.tsx";

const PAGE_LIMIT = 20;
const HISTORY = 12;

/** `/@scope` */
export function getScope(deps: CatalogDeps): PageRoute {
  const { db, site } = deps;
  return async (c) => {
    const reader = await readerOf(deps, c);
    const scope = parseScopeName(c.req.param("scope") ?? "");
    const keys = await readScopeKeys(db, scope);
    const cursor = c.req.query("cursor");
    const after = cursor === undefined ? undefined : parseCursor(cursor, "newest");
    const { page, packages } = await db.transaction(async (tx) => {
      const page = await findPackages(tx, {
        words: undefined,
        scope,
        visible: reader.entries,
        sort: "newest",
        after,
        limit: PAGE_LIMIT,
      });
      return { page, packages: await readFound(tx, page.names, {}) };
    });
    return answerPage(
      c,
      <ScopePage
        site={site}
        scope={scope}
        keys={keys}
        shown={await readMembers(db, scope, reader)}
        packages={packages}
        total={page.total}
        next={page.next === undefined ? undefined : formatCursor(page.next)}
        history={await readHistory(db, scope, HISTORY, reader)}
        now={new Date()}
      />,
      reader.answer,
    );
  };
}
