// SPDX-License-Identifier: Apache-2.0
import type { FoundPackage } from "@lora/client/documents";
import { ownScopePath } from "../account/paths.ts";
import type { HistoryEntry } from "../data/history.ts";
import type { ShownMembers } from "../data/members.ts";
import { countOf, formatDay } from "../format.ts";
import { Icon, Layout, type Site } from "../layout/index.ts";
import { Age, PackageList } from "../parts/index.ts";
import { feedPath, scopePath } from "../paths.ts";

export interface ScopePageProps {
  site: Site;
  scope: string;
  keys: readonly { keyId: string; addedAt: Date }[];
  shown: ShownMembers;
  packages: readonly FoundPackage[];
  total: number;
  next: string | undefined;
  history: readonly HistoryEntry[];
  now: Date;
}

export function ScopePage(props: ScopePageProps) {
  const { site, scope, keys, shown, packages, total, next, history, now } = props;
  return (
    <Layout
      site={site}
      title={scope}
      description={`${countOf(total, "ability", "abilities")} of ${scope}`}
      canonical={scopePath(scope)}
      feed={{ path: feedPath(scope), title: `Releases of ${scope}` }}
    >
      <div class="page-head">
        <p class="crumbs">Scope</p>
        <h1>{scope}</h1>
      </div>
      <div class="package-columns">
        <section class="package-main" aria-labelledby="packages">
          <h2 id="packages" class="section-label">
            {countOf(total, "ability", "abilities")}
          </h2>
          {packages.length === 0 ? (
            <p class="empty">{scope} has published nothing that can be installed.</p>
          ) : (
            <PackageList packages={packages} now={now} />
          )}
          {next !== undefined && (
            <nav class="pager" aria-label="Pages">
              <a class="next" rel="next" href={`${scopePath(scope)}?cursor=${next}`}>
                Next page <Icon name="arrow" />
              </a>
            </nav>
          )}
        </section>
        <aside class="package-aside" aria-label="Members, keys and history">
          <MemberList scope={scope} shown={shown} />
          <section>
            <h2>{countOf(keys.length, "signing key")}</h2>
            <ul class="plain-list">
              {keys.map(({ keyId, addedAt }) => (
                <li>
                  <span class="with-icon">
                    <Icon name="key" />
                    <code title={keyId}>{keyId.slice(0, 16)}…</code>
                  </span>{" "}
                  <span class="faint">since {formatDay(addedAt)}</span>
                </li>
              ))}
            </ul>
            <p class="faint">Every release of {scope} is signed by one of its keys; installs pin it.</p>
          </section>
          <section>
            <h2>History, from the log</h2>
            <ol class="history">
              {history.map(({ at, subject, text }) => (
                <li>
                  <span class="wrap">
                    {subject === scope ? "" : `${subject.slice(scope.length + 1)} `}
                    {text}
                  </span>{" "}
                  <span class="faint">
                    <Age of={at} now={now} />
                  </span>
                </li>
              ))}
            </ol>
          </section>
          <p class="aside-links">
            <a href={feedPath(scope)} class="with-icon">
              <Icon name="feed" /> Feed
            </a>
            <a href={`/scopes/${scope}.json`}>JSON</a>
          </p>
        </aside>
      </div>
    </Layout>
  );
}

function MemberList({ scope, shown: { members, isMember } }: { scope: string; shown: ShownMembers }) {
  if (members.length === 0 && !isMember) return null;
  return (
    <section>
      <h2>Members</h2>
      <ul class="plain-list">
        {members.map(({ name, role }) => (
          <li>
            <span class="wrap">{name}</span> <span class="faint">{role}</span>
          </li>
        ))}
      </ul>
      {isMember && (
        <p>
          <a href={ownScopePath(scope)}>Manage members</a>
        </p>
      )}
    </section>
  );
}
