// SPDX-License-Identifier: Apache-2.0
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { readBaseSummaries } from "../data/bases.ts";
import type { Facets } from "../data/facets.ts";
import { keepSums } from "../data/kept.ts";
import { readerOf } from "../data/reader.ts";
import { SearchPage } from "./page.tsx";
import { parseSearch, readSearch } from "./read-search.ts";

export function getSearch(deps: CatalogDeps): PageRoute {
  const { db, site } = deps;
  const keepFacets = keepSums<Facets>();
  return async (c) => {
    const reader = await readerOf(deps, c);
    const query = parseSearch(c.req.query());
    const result = await readSearch(db, query, reader, keepFacets);
    const named = [...result.facets.bases.map(({ value }) => value), query.base ?? ""].filter(Boolean);
    const bases = await readBaseSummaries(db, named);
    return answerPage(
      c,
      <SearchPage site={site} query={query} result={result} bases={bases} now={new Date()} />,
      reader.answer,
    );
  };
}
