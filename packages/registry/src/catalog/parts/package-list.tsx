// SPDX-License-Identifier: Apache-2.0
import type { FoundPackage } from "@lora/client/documents";
import { countOf, formatSize } from "../format.ts";
import { packagePath } from "../paths.ts";
import { Age } from "./age.tsx";
import { BaseGlyph } from "./base-glyph.tsx";
import { PackageLabel } from "./package-name.tsx";

/** More would push the next package out of sight; its page has them all. */
const MAX_BASES = 3;

export function PackageList({ packages, now }: { packages: readonly FoundPackage[]; now: Date }) {
  return (
    <ol class="package-list">
      {packages.map((found) => (
        <li class="package-row">
          <h3>
            <a href={packagePath(found.name)}>
              <PackageLabel name={found.name} />
            </a>
            <span class="version">{found.version}</span>
            {found.isBundle && <span class="tag">bundle</span>}
          </h3>
          {found.description !== undefined && (
            <p class="package-text" dir="auto">
              {found.description}
            </p>
          )}
          <p class="meta">
            <BaseNames found={found} />
            {found.license !== undefined && <span>{found.license}</span>}
            <span>
              <Age of={found.publishedAt} now={now} />
            </span>
          </p>
        </li>
      ))}
    </ol>
  );
}

function BaseNames({ found }: { found: FoundPackage }) {
  const byBase = Map.groupBy(found.bases, (base) => base.fingerprint);
  const shown = [...byBase.values()].slice(0, MAX_BASES);
  const left = byBase.size - shown.length;
  return (
    <>
      {shown.map((adapters) => {
        const [base] = adapters;
        if (base === undefined) return null;
        const ranks = adapters.map(({ rank }) => rank).join(", ");
        return (
          <span class="base-name">
            <BaseGlyph fingerprint={base.fingerprint} />
            {base.name}{" "}
            <span class="faint">
              rank {ranks} · {formatSize(base.sizeBytes)}
            </span>
          </span>
        );
      })}
      {left > 0 && <span>and {countOf(left, "more base")}</span>}
    </>
  );
}
