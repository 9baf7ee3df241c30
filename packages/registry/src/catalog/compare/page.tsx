// SPDX-License-Identifier: Apache-2.0
import type { IndexAdapter } from "@lora/client/documents";
import type { PackageVersion } from "../data/package.ts";
import { formatDay, formatSize } from "../format.ts";
import { Layout, type Site } from "../layout/index.ts";
import { BaseGlyph, PackageLabel, ShortPrint, TableScroll } from "../parts/index.ts";
import { comparePath, packagePath, versionsPath } from "../paths.ts";
import { diffLines } from "./diff-lines.ts";
import type { AdapterPair } from "./get.tsx";
import { HeatMap } from "./heat-map.tsx";
import { HeatTable } from "./heat-table.tsx";

export interface ComparePageProps {
  site: Site;
  before: PackageVersion;
  after: PackageVersion;
  pairs: readonly AdapterPair[];
}

export function ComparePage({ site, before, after, pairs }: ComparePageProps) {
  const { name } = before;
  return (
    <Layout site={site} title={`${name}: ${before.version} and ${after.version}`} isUnlisted>
      <div class="page-head">
        <p class="crumbs">
          <a href={versionsPath(name)}>Versions</a>
        </p>
        <h1>
          <a href={packagePath(name)}>
            <PackageLabel name={name} />
          </a>
        </h1>
        <p class="lead">
          What changed from <a href={packagePath(name, before.version)}>{before.version}</a> to{" "}
          <a href={packagePath(name, after.version)}>{after.version}</a>
        </p>
        <p class="faint">
          <a href={comparePath(name, after.version, before.version)}>The other way round</a>
        </p>
      </div>
      <div class="package-main">
        <Summary before={before} after={after} />
        <section aria-labelledby="weights">
          <h2 id="weights" class="section-label">
            How far the weights moved
          </h2>
          {pairs.length === 0 ? (
            <p class="empty">There is no base that both versions have an adapter for.</p>
          ) : (
            pairs.map((pair) => <Weights pair={pair} />)
          )}
        </section>
        <section aria-labelledby="manifest">
          <h2 id="manifest" class="section-label">
            lora.json
          </h2>
          <ManifestDiff before={before} after={after} />
        </section>
      </div>
    </Layout>
  );
}

const PUBLISHED = "Published";

function Summary({ before, after }: { before: PackageVersion; after: PackageVersion }) {
  const rows: [string, string, string][] = [
    [PUBLISHED, day(before), day(after)],
    ["Licence", before.manifest.license ?? "not said", after.manifest.license ?? "not said"],
    ["Signed by", before.entry.keyId.slice(0, 16), after.entry.keyId.slice(0, 16)],
    ...basesOf(before, after).flatMap((fingerprint) => adapterRows(fingerprint, before, after)),
  ];
  return (
    <TableScroll label="Both versions side by side">
      <table class="data-table">
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">Property</span>
            </th>
            <th scope="col">{before.version}</th>
            <th scope="col">{after.version}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([title, one, two]) => (
            <tr>
              <th scope="row">{title}</th>
              <td class={isNews(title) && one !== two ? "diff-old" : "muted"}>{one}</td>
              <td class={isNews(title) && one !== two ? "diff-new" : "muted"}>{two}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

/** That two versions came on two days is none. */
function isNews(title: string): boolean {
  return title !== PUBLISHED;
}

function day({ entry }: PackageVersion): string {
  return formatDay(new Date(entry.publishedAt));
}

function basesOf(before: PackageVersion, after: PackageVersion): string[] {
  return [
    ...new Set([...before.entry.adapters, ...after.entry.adapters].map(({ base }) => base.fingerprint)),
  ];
}

function adapterRows(
  fingerprint: string,
  before: PackageVersion,
  after: PackageVersion,
): [string, string, string][] {
  const [one = [], two = []] = [before, after].map(({ entry }) =>
    entry.adapters.filter(({ base }) => base.fingerprint === fingerprint).toSorted((a, b) => a.rank - b.rank),
  );
  const title = `${[...two, ...one][0]?.base.name ?? ""} ${fingerprint.slice(5, 9)}`;
  return [[title, describe(one), describe(two)]];
}

/** A base may have adapters of several ranks. */
function describe(adapters: readonly IndexAdapter[]): string {
  if (adapters.length === 0) return "no adapter";
  return adapters
    .map(({ rank, sizeBytes, targets }) => `rank ${rank}, ${formatSize(sizeBytes)}, ${targets.join(" ")}`)
    .join("; ");
}

function Weights({ pair }: { pair: AdapterPair }) {
  const { from, to, change } = pair;
  const name = to.base.name;
  return (
    <div class="weights">
      <h3 class="base-name">
        <BaseGlyph fingerprint={to.base.fingerprint} />
        <span>{name}</span> <ShortPrint fingerprint={to.base.fingerprint} />
        <span class="faint">
          {from.rank === to.rank ? `rank ${to.rank}` : `rank ${from.rank} to ${to.rank}`}
        </span>
      </h3>
      {change === undefined ? (
        <p class="faint">
          These files are too large to be compared here; <code>lora diff</code> does it on your machine.
        </p>
      ) : change.relative === 0 && change.onlyFirst.length + change.onlySecond.length === 0 ? (
        <p class="notice notice-good">
          {from.sha256 === to.sha256
            ? "The file is the same, byte for byte."
            : "Both do exactly the same: no weight moved."}
        </p>
      ) : (
        <>
          <p class="muted">
            {(100 * change.relative).toFixed(1)} % over all tensors
            {change.onlyFirst.length > 0 && `; ${change.onlyFirst.length} tensors are no longer changed`}
            {change.onlySecond.length > 0 && `; ${change.onlySecond.length} tensors are changed anew`}
          </p>
          {change.tensors.length > 0 && (
            <>
              <HeatMap change={change} label={`How far each tensor for ${name} moved, by layer and module`} />
              <HeatTable change={change} />
            </>
          )}
        </>
      )}
    </div>
  );
}

function ManifestDiff({ before, after }: { before: PackageVersion; after: PackageVersion }) {
  const [one, two] = [before, after].map(({ manifest }) => JSON.stringify(manifest, null, 2)) as [
    string,
    string,
  ];
  const lines = diffLines(one, two);
  const signs = { same: "  ", added: "+ ", removed: "- " };
  return (
    <section class="table-scroll" tabindex={0} aria-label="Difference of lora.json">
      <ol class="diff-block">
        {lines.map(({ kind, text }) => (
          <li class={kind === "same" ? "" : `is-${kind}`}>
            {signs[kind]}
            {text}
          </li>
        ))}
      </ol>
    </section>
  );
}
