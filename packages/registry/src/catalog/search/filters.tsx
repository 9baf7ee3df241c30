// SPDX-License-Identifier: Apache-2.0
import type { SearchQuery } from "@lora/client/documents";
import type { BaseSummary } from "../data/bases.ts";
import type { FacetChoice, Facets } from "../data/facets.ts";
import { formatCount, shortFingerprint } from "../format.ts";
import { BaseGlyph, ShortPrint } from "../parts/index.ts";
import { searchUrl } from "../paths.ts";

const RANKS = [4, 8, 16, 32, 64];

type FilterName = "base" | "architecture" | "license" | "maxRank" | "scope" | "keyword";

export interface SearchFiltersProps {
  query: SearchQuery;
  facets: Facets;
  bases: readonly BaseSummary[];
}

/** Links, so that each choice is a place that can be shared and needs no script. */
export function SearchFilters({ query, facets, bases }: SearchFiltersProps) {
  const byFingerprint = new Map(bases.map((base) => [base.fingerprint, base]));
  return (
    <details class="filters" data-filters>
      <summary>
        Filters <span class="count">{countChosen(query) || ""}</span>
      </summary>
      <nav aria-label="Filters">
        <Chosen query={query} name="scope" />
        <Chosen query={query} name="keyword" />
        <Facet
          title="Base model"
          query={query}
          name="base"
          isAtLeast={!facets.isWhole}
          choices={withOwn(facets.bases, query.base)}
          show={(value) => {
            const base = byFingerprint.get(value);
            return (
              <span class="base-name">
                <BaseGlyph fingerprint={value} />
                <span>{base?.name ?? shortFingerprint(value)}</span> <ShortPrint fingerprint={value} />
              </span>
            );
          }}
        />
        <Facet
          title="Architecture"
          query={query}
          name="architecture"
          isAtLeast={!facets.isWhole}
          choices={withOwn(facets.architectures, query.architecture)}
        />
        <Facet
          title="Rank at most"
          query={query}
          name="maxRank"
          choices={RANKS.map((rank) => ({ value: String(rank), packages: -1 }))}
          isRow
        />
        <Facet
          title="Licence"
          query={query}
          name="license"
          isAtLeast={!facets.isWhole}
          choices={withOwn(facets.licenses, query.license)}
        />
      </nav>
    </details>
  );
}

function countChosen(query: SearchQuery): number {
  const { base, architecture, license, maxRank, scope, keyword } = query;
  return [base, architecture, license, maxRank, scope, keyword].filter((value) => value !== undefined).length;
}

/** A choice that leaves nothing is not among those that were counted, and is to be seen all the same. */
function withOwn(choices: readonly FacetChoice[], own: string | undefined): FacetChoice[] {
  if (own === undefined || choices.some(({ value }) => value.toLowerCase() === own.toLowerCase())) {
    return [...choices];
  }
  return [{ value: own, packages: 0 }, ...choices];
}

interface FacetProps {
  title: string;
  /** The choices may leave more than was counted. */
  isAtLeast?: boolean;
  query: SearchQuery;
  name: FilterName;
  choices: readonly FacetChoice[];
  show?: (value: string) => unknown;
  isRow?: boolean;
}

function Facet({
  title,
  query,
  name,
  choices,
  isAtLeast = false,
  show = (value) => value,
  isRow = false,
}: FacetProps) {
  if (choices.length === 0) return null;
  const own = query[name] === undefined ? undefined : String(query[name]).toLowerCase();
  return (
    <section class="facet">
      <h2>{title}</h2>
      <ul class={isRow ? "facet-row" : ""}>
        {choices.map(({ value, packages }) => {
          const isChosen = value.toLowerCase() === own;
          const url = searchUrl({
            ...query,
            limit: undefined,
            cursor: undefined,
            sort: query.sort === "relevance" ? undefined : query.sort,
            [name]: isChosen ? undefined : value,
          });
          return (
            <li>
              <a href={url} {...(isChosen ? { "aria-current": "true" } : {})}>
                <span class="facet-value">{show(value) as string}</span>
                {packages >= 0 && (
                  <span class="count">
                    {formatCount(packages)}
                    {isAtLeast && "+"}
                  </span>
                )}
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Chosen({ query, name }: { query: SearchQuery; name: "scope" | "keyword" }) {
  const value = query[name];
  if (value === undefined) return null;
  return (
    <Facet
      title={name === "scope" ? "Scope" : "Keyword"}
      query={query}
      name={name}
      choices={[{ value, packages: -1 }]}
    />
  );
}
