// SPDX-License-Identifier: Apache-2.0
import { raw } from "hono/html";
import type { BaseSummary } from "../data/bases.ts";
import type { DayDownloads } from "../data/downloads.ts";
import type { Logged } from "../data/logged.ts";
import type { PackageVersion } from "../data/package.ts";
import { countOf } from "../format.ts";
import type { Site } from "../layout/index.ts";
import { PackageLabel } from "../parts/index.ts";
import { graphPath, packagePath } from "../paths.ts";
import { PackageAside } from "./aside.tsx";
import { BasesTable } from "./bases-table.tsx";
import { CheckedDetails } from "./checked.tsx";
import { PackageFrame } from "./frame.tsx";

export interface PackagePageProps {
  site: Site;
  of: PackageVersion;
  /** HTML that was made safe; of a README that cannot be shown as text its file's name. */
  readme: { html: string } | { file: string } | undefined;
  bases: readonly BaseSummary[];
  dependents: { names: string[]; total: number };
  downloads: readonly DayDownloads[];
  logged: Logged | undefined;
  now: Date;
}

export function PackagePage(props: PackagePageProps) {
  const { site, of, readme, bases, dependents, downloads, logged, now } = props;
  return (
    <PackageFrame site={site} of={of} tab="about">
      <div class="package-columns">
        <div class="package-main">
          {of.entry.adapters.length > 0 ? (
            <BasesTable adapters={of.entry.adapters} bases={bases} />
          ) : (
            <BundleParts of={of} />
          )}
          <section aria-labelledby="readme-title" class="readme-section">
            <h2 id="readme-title" class="section-label">
              README
            </h2>
            {readme === undefined ? (
              <p class="empty">This version has no README.</p>
            ) : "html" in readme ? (
              <div class="readme">{raw(readme.html)}</div>
            ) : (
              <p class="empty">
                <code>{readme.file}</code> is too long to be shown here, or no text. It is among the files
                below.
              </p>
            )}
          </section>
          <Examples of={of} />
          <CheckedDetails of={of} logged={logged} />
        </div>
        <PackageAside of={of} downloads={downloads} dependents={dependents} logged={logged} now={now} />
      </div>
    </PackageFrame>
  );
}

function BundleParts({ of }: { of: PackageVersion }) {
  const { dependencies, optionalDependencies } = of.entry;
  const parts = [dependencies, optionalDependencies].flatMap((all) => Object.entries(all));
  if (parts.length === 0)
    return <p class="empty">This version brings nothing: no adapter, and no other ability.</p>;
  return (
    <section aria-labelledby="parts">
      <h2 id="parts" class="section-label">
        A bundle of {countOf(parts.length, "ability", "abilities")}
      </h2>
      <ul class="plain-list card">
        {parts.map(([name, { range, scale }]) => (
          <li>
            <a href={packagePath(name)}>
              <PackageLabel name={name} />
            </a>
            <span class="faint">
              <code>{range}</code>
              {scale !== undefined && ` at scale ${scale}`}
              {!Object.hasOwn(dependencies, name) && " (optional)"}
            </span>
          </li>
        ))}
      </ul>
      <p class="faint">
        It has no adapter of its own: what fits a model is decided by its parts.{" "}
        <a href={graphPath(of.name)}>Show the graph</a>
      </p>
    </section>
  );
}

function Examples({ of }: { of: PackageVersion }) {
  const examples = (of.manifest.examples ?? []).slice(0, 5);
  if (examples.length === 0) return null;
  return (
    <section aria-labelledby="examples">
      <h2 id="examples" class="section-label">
        Examples that <code>lora test</code> runs on your model
      </h2>
      <table class="data-table">
        <thead>
          <tr>
            <th scope="col">Prompt</th>
            <th scope="col">Expected</th>
          </tr>
        </thead>
        <tbody>
          {examples.map(({ prompt, expect }) => (
            <tr>
              <td>
                <code class="wrap">{prompt.trimEnd()}</code>
              </td>
              <td>
                <span class="faint">{expect.equals === undefined ? "contains " : "equals "}</span>
                <code class="wrap">{expect.equals ?? expect.contains ?? ""}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
