// SPDX-License-Identifier: Apache-2.0
import type { DayDownloads } from "../data/downloads.ts";
import type { Logged } from "../data/logged.ts";
import type { PackageVersion } from "../data/package.ts";
import { countOf, formatDay, formatSize } from "../format.ts";
import { Icon } from "../layout/index.ts";
import { Age, DownloadsChart, PackageLabel } from "../parts/index.ts";
import { badgePath, feedPath, graphPath, packagePath, scopePath, versionsPath } from "../paths.ts";

export interface PackageAsideProps {
  of: PackageVersion;
  downloads: readonly DayDownloads[];
  dependents: { names: string[]; total: number };
  logged: Logged | undefined;
  now: Date;
}

export function PackageAside({ of, downloads, dependents, logged, now }: PackageAsideProps) {
  const { name, version, entry, manifest, index, files } = of;
  const scope = name.slice(0, name.indexOf("/"));
  const size = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return (
    <aside class="package-aside" aria-label="Facts">
      <DownloadsChart days={downloads} now={now} />
      <dl class="facts">
        <dt>Published</dt>
        <dd>
          <Age of={entry.publishedAt} now={now} />, {formatDay(new Date(entry.publishedAt))}
        </dd>
        <dt>Licence</dt>
        <dd>{manifest.license ?? <span class="faint">not said</span>}</dd>
        <dt>Size</dt>
        <dd>
          {formatSize(size)} in {countOf(files.length, "file")}
        </dd>
        <dt>Publisher</dt>
        <dd>
          <a href={scopePath(scope)}>{scope}</a>
        </dd>
        <dt>Signed by</dt>
        <dd>
          <span class="with-icon">
            <Icon name="key" />
            <code title={entry.keyId}>{entry.keyId.slice(0, 16)}…</code>
          </span>
        </dd>
        {logged !== undefined && (
          <>
            <dt>In the log</dt>
            <dd>
              entry {logged.index}
              {!of.isPrivate && (
                <>
                  {", "}
                  <a href={`/versions/${name}/${version}/receipt`} download={`${version}.receipt`}>
                    receipt
                  </a>
                </>
              )}
            </dd>
          </>
        )}
        {manifest.homepage !== undefined && <Link title="Homepage" url={manifest.homepage} />}
        {manifest.repository !== undefined && <Link title="Repository" url={manifest.repository} />}
      </dl>
      <section>
        <h2>Tags</h2>
        <ul class="tag-list">
          {Object.entries(index.distTags).map(([tag, tagged]) => (
            <li>
              <span class="tag">{tag}</span>
              <a href={packagePath(name, tagged)}>{tagged}</a>
            </li>
          ))}
          {Object.keys(index.distTags).length === 0 && <li class="faint">none: every version was yanked</li>}
        </ul>
        <p>
          <a href={versionsPath(name)}>{countOf(of.versions.length, "version")}</a>
        </p>
      </section>
      {dependents.total > 0 && (
        <section>
          <h2>Used by {countOf(dependents.total, "package")}</h2>
          <ul class="plain-list">
            {dependents.names.map((dependent) => (
              <li>
                <a href={packagePath(dependent)}>
                  <PackageLabel name={dependent} />
                </a>
              </li>
            ))}
          </ul>
          {dependents.total > dependents.names.length && (
            <p>
              <a href={graphPath(name)}>All of them</a>
            </p>
          )}
        </section>
      )}
      {of.isPrivate ? (
        <p class="faint">Only members of {scope} see this page. Its files are fetched by the command line.</p>
      ) : (
        <p class="aside-links">
          <a href={feedPath(name)} class="with-icon">
            <Icon name="feed" /> Feed
          </a>
          <a href={badgePath(name)}>Badge</a>
          <a href={`/index/${name}.json`}>JSON</a>
        </p>
      )}
    </aside>
  );
}

/** Of an address; the rest would push what is below out of sight. */
const MAX_SHOWN = 60;

function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}

function Link({ title, url }: { title: string; url: string }) {
  return (
    <>
      <dt>{title}</dt>
      <dd>
        <a class="wrap" href={url} title={url} rel="nofollow ugc noopener noreferrer">
          {shorten(url.replace(/^https?:\/\//, "").replace(/\/$/, ""))}
        </a>
      </dd>
    </>
  );
}
