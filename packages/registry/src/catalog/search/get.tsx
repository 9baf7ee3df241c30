// SPDX-License-Identifier: Apache-2.0
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { readerOf } from "../data/reader.ts";
import { SearchPage } from "./page.tsx";
import { parseSearch, readSearch } from "./read-search.ts";

export function getSearch(deps: CatalogDeps): PageRoute {
  const { db, site, publicTally } = deps;
  return async (c) => {
    const reader = await readerOf(deps, c);
    const query = parseSearch(c.req.query());
    const result = await readSearch(db, query, reader, publicTally);
    return answerPage(
      c,
      <SearchPage site={site} query={query} result={result} now={new Date()} />,
      reader.answer,
    );
  };
}
