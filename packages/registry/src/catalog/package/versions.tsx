// SPDX-License-Identifier: Apache-2.0
import { compareVersions, isVersion, type Version } from "@lora/client/versions";
import { notFound } from "../../http/errors.ts";
import { packageOfPath } from "../../http/package-path.ts";
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { type PackageVersion, readPackageVersion } from "../data/package.ts";
import { readerOf } from "../data/reader.ts";
import { formatDay, formatSize } from "../format.ts";
import { Icon, type Site } from "../layout/index.ts";
import { Age, TableScroll } from "../parts/index.ts";
import { comparePath, packagePath, versionsPath } from "../paths.ts";
import { PackageFrame } from "./frame.tsx";

/** A page of more would not come quickly. */
const PAGE_LIMIT = 100;

/** `/@scope/name/versions`, and those before one: `?before=1.0.20` */
export function getVersions(deps: CatalogDeps): PageRoute {
  const { db, blobs, site } = deps;
  return async (c) => {
    const reader = await readerOf(deps, c);
    const of = await readPackageVersion(db, blobs, packageOfPath(c), undefined, reader);
    const before = c.req.query("before");
    if (before !== undefined && !isVersion(before)) throw notFound(`there is no version ${before}`);
    const page = <VersionsPage site={site} of={of} before={before} now={new Date()} />;
    return answerPage(c, page, reader.answer);
  };
}

export interface VersionsPageProps {
  site: Site;
  of: PackageVersion;
  /** The page begins behind it; undefined for the newest. */
  before: Version | undefined;
  now: Date;
}

export function VersionsPage({ site, of, before: after, now }: VersionsPageProps) {
  const { name, index } = of;
  const versions =
    after === undefined ? of.versions : of.versions.filter((v) => compareVersions(v, after) < 0);
  const shown = versions.slice(0, PAGE_LIMIT);
  const last = versions.length > shown.length ? shown.at(-1) : undefined;
  return (
    <PackageFrame site={site} of={of} tab="versions" title={`Versions of ${name}`}>
      {shown.length > 1 && <CompareForm name={name} versions={shown} />}
      <TableScroll label="Versions">
        <table class="data-table versions-table">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Published</th>
              <th scope="col">Bases and ranks</th>
              <th scope="col" class="number">
                Adapters
              </th>
              <th scope="col">Key</th>
              <th scope="col">
                <span class="visually-hidden">Compare</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((version, i) => {
              const entry = index.versions[version];
              if (entry === undefined) return null;
              const tags = Object.entries(index.distTags).filter(([, tagged]) => tagged === version);
              const before = versions[i + 1];
              const size = entry.adapters.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
              return (
                <tr class={entry.yanked === undefined ? "" : "is-yanked"}>
                  <th scope="row">
                    <a href={packagePath(name, version)}>{version}</a>{" "}
                    {tags.map(([tag]) => (
                      <span class="tag">{tag}</span>
                    ))}
                    {entry.yanked !== undefined && (
                      <span class="tag tag-bad" title={entry.yanked}>
                        yanked
                      </span>
                    )}
                    {entry.deprecated !== undefined && (
                      <span class="tag tag-warn" title={entry.deprecated}>
                        deprecated
                      </span>
                    )}
                  </th>
                  <td class="nowrap" title={formatDay(new Date(entry.publishedAt))}>
                    <Age of={entry.publishedAt} now={now} />
                  </td>
                  <td>
                    {entry.adapters.map(({ base, rank }) => `${base.name} r${rank}`).join(", ") || (
                      <span class="faint">bundle</span>
                    )}
                  </td>
                  <td class="number">{size === 0 ? "–" : formatSize(size)}</td>
                  <td>
                    <code title={entry.keyId}>{entry.keyId.slice(0, 8)}</code>
                  </td>
                  <td class="nowrap">
                    {before !== undefined && (
                      <a
                        href={comparePath(name, before, version)}
                        aria-label={`Compare ${version} with ${before}`}
                      >
                        compare
                      </a>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableScroll>
      <nav class="pager" aria-label="Pages">
        {after !== undefined && <a href={versionsPath(name)}>Newest versions</a>}
        {last !== undefined && (
          <a class="next" rel="next" href={`${versionsPath(name)}?before=${encodeURIComponent(last)}`}>
            Older versions <Icon name="arrow" />
          </a>
        )}
      </nav>
    </PackageFrame>
  );
}

/** Of what the page lists; any other two are compared by their address. */
function CompareForm({ name, versions }: { name: string; versions: readonly Version[] }) {
  const choice = (field: string, label: string, chosen: string | undefined) => (
    <label>
      {label}
      <select name={field}>
        {versions.map((version) => (
          <option value={version} selected={version === chosen}>
            {version}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <form class="compare-form" action={`/${name}/compare`}>
      {choice("from", "Compare", versions[1])}
      {choice("to", "with", versions[0])}
      <button type="submit">Compare</button>
    </form>
  );
}
