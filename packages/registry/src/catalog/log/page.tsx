// SPDX-License-Identifier: Apache-2.0
import type { HistoryEntry } from "../data/history.ts";
import { formatCount } from "../format.ts";
import { Layout, type Site } from "../layout/index.ts";
import { Age, Command, TableScroll } from "../parts/index.ts";
import { logPath, packagePath, scopePath } from "../paths.ts";

export interface LogPageProps {
  site: Site;
  entries: readonly HistoryEntry[];
  /** The signed checkpoint, as it is served; undefined before the first. */
  note: string | undefined;
  logKey: string;
  clockKey: string;
  now: Date;
}

export function LogPage({ site, entries, note, logKey, clockKey, now }: LogPageProps) {
  const size = Number(note?.split("\n")[1] ?? 0);
  return (
    <Layout
      site={site}
      title="Transparency log"
      description="Everything that this registry ever said of releases and keys, in a log that it cannot change unseen."
      canonical={logPath}
      here="log"
    >
      <div class="page-head">
        <h1>Transparency log</h1>
        <p class="lead">
          Every release, key and yank is an entry here, in an order that the registry signed. It cannot show
          you another history than it shows others without being caught: every install checks.
        </p>
      </div>
      <div class="package-columns">
        <section class="package-main" aria-labelledby="latest">
          <div>
            <h2 id="latest" class="section-label">
              Latest of {formatCount(size)} entries
            </h2>
            {entries.length === 0 ? (
              <p class="empty">The log is empty: nothing has happened yet.</p>
            ) : (
              <EntryTable entries={entries} now={now} />
            )}
          </div>
        </section>
        <aside class="package-aside" aria-label="How to verify">
          <section>
            <h2>Checkpoint</h2>
            {note === undefined ? (
              <p class="faint">There is none yet.</p>
            ) : (
              <pre class="note-text" tabindex={0}>
                {note}
              </pre>
            )}
            <p>
              <a href="/log/checkpoint">/log/checkpoint</a>
            </p>
          </section>
          <section>
            <h2>How to verify</h2>
            <p class="muted">
              Installs do it by themselves. To check what is installed, against its receipts and the log as it
              is now:
            </p>
            <Command text="lora verify" />
            <p class="muted">To watch a scope, such as your own, for releases that you did not make:</p>
            <Command text="lora log monitor --scope @you" />
          </section>
          <section>
            <h2>Keys</h2>
            <p class="faint">The log signs with</p>
            <code class="digest">{logKey}</code>
            <p class="faint">its clock with</p>
            <code class="digest">{clockKey}</code>
            <p class="faint">
              The formats are those of C2SP: signed-note, tlog-checkpoint, tlog-tiles, tlog-proof. Any monitor
              or witness can follow this log.
            </p>
          </section>
        </aside>
      </div>
    </Layout>
  );
}

function EntryTable({ entries, now }: { entries: readonly HistoryEntry[]; now: Date }) {
  return (
    <TableScroll label="Latest entries">
      <table class="data-table log-list">
        <thead>
          <tr>
            <th scope="col" class="number">
              Index
            </th>
            <th scope="col">About</th>
            <th scope="col">What happened</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ index, subject, text, at, version, hasPage }) => (
            <tr>
              <td class="number">{formatCount(index)}</td>
              <th scope="row">
                {hasPage ? (
                  <a href={subject.includes("/") ? packagePath(subject, version) : scopePath(subject)}>
                    {subject}
                  </a>
                ) : (
                  subject
                )}
              </th>
              <td>{text}</td>
              <td class="nowrap">
                <Age of={at} now={now} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
