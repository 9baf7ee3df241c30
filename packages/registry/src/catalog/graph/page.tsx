// SPDX-License-Identifier: Apache-2.0
import type { PackageVersion } from "../data/package.ts";
import { countOf } from "../format.ts";
import type { Site } from "../layout/index.ts";
import { PackageFrame } from "../package/frame.tsx";
import { PackageLabel } from "../parts/index.ts";
import { packagePath } from "../paths.ts";
import { GraphPicture } from "./picture.tsx";
import type { DependencyGraph } from "./read-graph.ts";

export interface GraphPageProps {
  site: Site;
  of: PackageVersion;
  graph: DependencyGraph;
  dependents: { names: string[]; total: number };
}

export function GraphPage({ site, of, graph, dependents }: GraphPageProps) {
  const { name, entry } = of;
  const conflicts = Object.entries(entry.conflicts);
  return (
    <PackageFrame site={site} of={of} tab="dependencies" title={`Dependencies of ${name}`}>
      <div class="package-main">
        <section aria-labelledby="graph">
          <h2 id="graph" class="section-label">
            What an install brings
          </h2>
          {graph.edges.length === 0 ? (
            <p class="empty">{name} needs no other ability.</p>
          ) : (
            <>
              <GraphPicture graph={graph} />
              <p class="faint">
                The newest version that each range allows today.
                {graph.edges.some(({ isOptional }) => isOptional) &&
                  " Dashed lines are optional: left out where they do not fit the model."}
                {graph.isCut && " There is more than this picture shows."}
              </p>
              <Ranges graph={graph} />
            </>
          )}
        </section>
        {conflicts.length > 0 && (
          <section aria-labelledby="conflicts">
            <h2 id="conflicts" class="section-label">
              Never together with
            </h2>
            <ul class="plain-list card">
              {conflicts.map(([other, range]) => (
                <li>
                  <a href={packagePath(other)}>
                    <PackageLabel name={other} />
                  </a>
                  <code>{range}</code>
                </li>
              ))}
            </ul>
          </section>
        )}
        <section aria-labelledby="dependents">
          <h2 id="dependents" class="section-label">
            Used by {dependents.total === 0 ? "" : countOf(dependents.total, "package")}
          </h2>
          {dependents.total === 0 ? (
            <p class="empty">No other package depends on {name} yet.</p>
          ) : (
            <ul class="plain-list card columns">
              {dependents.names.map((dependent) => (
                <li>
                  <a href={packagePath(dependent)}>
                    <PackageLabel name={dependent} />
                  </a>
                </li>
              ))}
            </ul>
          )}
          {dependents.total > dependents.names.length && (
            <p class="muted">and {countOf(dependents.total - dependents.names.length, "more package")}</p>
          )}
        </section>
      </div>
    </PackageFrame>
  );
}

function Ranges({ graph }: { graph: DependencyGraph }) {
  return (
    <details class="files">
      <summary>The same as a table</summary>
      <table class="data-table">
        <thead>
          <tr>
            <th scope="col">Package</th>
            <th scope="col">Needs</th>
            <th scope="col">Range</th>
          </tr>
        </thead>
        <tbody>
          {graph.edges.map(({ from, to, range, isOptional }) => (
            <tr>
              <td>{from}</td>
              <td>
                <a href={packagePath(to)}>{to}</a>
              </td>
              <td>
                <code>{range}</code>
                {isOptional && " (optional)"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
