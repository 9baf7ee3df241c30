// SPDX-License-Identifier: Apache-2.0
import type { SearchQuery } from "@lora/client/documents";
import { countOf, formatCount } from "../format.ts";
import { Icon, Layout, type Site } from "../layout/index.ts";
import { PackageList } from "../parts/index.ts";
import { myModelPath, searchPath, searchUrl } from "../paths.ts";
import { SearchFilters } from "./filters.tsx";
import type { SearchResult } from "./read-search.ts";

export interface SearchPageProps {
  site: Site;
  query: SearchQuery;
  result: SearchResult;
  now: Date;
}

export function SearchPage({ site, query, result, now }: SearchPageProps) {
  const { q = "", sort, cursor: _cursor, limit: _limit, ...filters } = query;
  return (
    <Layout
      site={site}
      title={q === "" ? "Abilities" : `${q} in abilities`}
      canonical={searchUrl({ q, ...filters })}
      isUnlisted={q !== ""}
      search={false}
      here="search"
      scripts={["search"]}
    >
      <h1 class="visually-hidden">Search abilities</h1>
      <search>
        <form class="search-form" action={searchPath} data-search>
          <div class="big-search">
            <Icon name="search" />
            <input
              type="search"
              name="q"
              value={q}
              placeholder="sql, json, a tone…"
              aria-label="Search abilities"
              aria-controls="results"
              maxlength={200}
              autocomplete="off"
              spellcheck={false}
            />
            <button type="submit">Search</button>
          </div>
          {Object.entries(filters).map(([name, value]) =>
            value === undefined ? null : <input type="hidden" name={name} value={String(value)} />,
          )}
          {sort !== undefined && sort !== "relevance" && <input type="hidden" name="sort" value={sort} />}
        </form>
      </search>
      <div class="search-columns" id="results" data-results>
        <SearchFilters query={query} facets={result.facets} bases={result.bases} />
        <section aria-label="Results">
          <div class="section-head">
            <p class="result-count" role="status">
              {result.isTotalAtLeast
                ? `${formatCount(result.total)}+ abilities`
                : countOf(result.total, "ability", "abilities")}
              {q !== "" && (
                <>
                  {" for "}
                  <q>{q}</q>
                </>
              )}
            </p>
            <SortLinks query={query} />
          </div>
          {result.packages.length > 0 ? (
            <PackageList packages={result.packages} now={now} />
          ) : (
            <NothingFound query={query} />
          )}
          <nav class="pager" aria-label="Pages">
            {query.cursor !== undefined && (
              <a href={searchUrl({ ...query, limit: undefined, cursor: undefined })}>First page</a>
            )}
            {result.next !== undefined && (
              <a
                class="next"
                rel="next"
                href={searchUrl({ ...query, limit: undefined, cursor: result.next })}
              >
                Next page <Icon name="arrow" />
              </a>
            )}
          </nav>
        </section>
      </div>
    </Layout>
  );
}

/** Without words, the best match is the newest. */
function SortLinks({ query }: { query: SearchQuery }) {
  const usual = query.q === undefined ? "newest" : "relevance";
  const now = query.sort === undefined || query.sort === "relevance" ? usual : query.sort;
  const link = (sort: "relevance" | "newest" | "downloads", text: string) => {
    const url = searchUrl({
      ...query,
      limit: undefined,
      cursor: undefined,
      sort: sort === usual ? undefined : sort,
    });
    return (
      <a href={url} {...(sort === now ? { "aria-current": "true" } : {})}>
        {text}
      </a>
    );
  };
  return (
    <p class="sort-links">
      {query.q !== undefined && link("relevance", "Best match")}
      {link("newest", "Newest")}
      {link("downloads", "Most installed")}
    </p>
  );
}

function NothingFound({ query }: { query: SearchQuery }) {
  const { q, base, architecture, maxRank, license, keyword, scope } = query;
  const isFiltered = [base, architecture, maxRank, license, keyword, scope].some(
    (value) => value !== undefined,
  );
  return (
    <div class="empty">
      <h2>Nothing found</h2>
      <p>
        No ability has all of these words{isFiltered ? " and passes these filters" : ""}. Typing slips are
        forgiven already; fewer or other words may help.
      </p>
      <p class="empty-links">
        {isFiltered && <a href={searchUrl({ q })}>Search without filters</a>}
        <a href={searchPath}>See all abilities</a>
        <a href={myModelPath}>What works with my model?</a>
      </p>
    </div>
  );
}
