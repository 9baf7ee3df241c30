// SPDX-License-Identifier: Apache-2.0
import type { IndexAdapter } from "@lora/client/documents";
import type { BaseSummary } from "../data/bases.ts";
import { formatSize, shortFingerprint } from "../format.ts";
import { BaseGlyph, TableScroll } from "../parts/index.ts";
import { modelPath } from "../paths.ts";

/** A publisher may tell of a thousand builds. */
const MAX_QUANTIZATIONS = 8;

function quantizationsOf(base: BaseSummary | undefined): string {
  const all = base?.quantizations ?? [];
  return [...all.slice(0, MAX_QUANTIZATIONS), ...(all.length > MAX_QUANTIZATIONS ? ["…"] : [])].join(", ");
}

/** A row for each adapter: what it was trained on, and what it costs. */
export function BasesTable({
  adapters,
  bases,
}: {
  adapters: readonly IndexAdapter[];
  bases: readonly BaseSummary[];
}) {
  const byFingerprint = new Map(bases.map((base) => [base.fingerprint, base]));
  return (
    <section aria-labelledby="works-with">
      <h2 id="works-with" class="section-label">
        Works with
      </h2>
      <TableScroll label="Bases that it works with">
        <table class="data-table stacked">
          <thead>
            <tr>
              <th scope="col">Base model</th>
              <th scope="col">Fingerprint</th>
              <th scope="col" class="number">
                Rank
              </th>
              <th scope="col" class="number">
                Size
              </th>
              <th scope="col">Changes</th>
              <th scope="col">Quantizations seen</th>
            </tr>
          </thead>
          <tbody>
            {adapters.map(({ base, rank, sizeBytes, targets }) => {
              const seen = byFingerprint.get(base.fingerprint);
              return (
                <tr>
                  <th scope="row">
                    <a href={modelPath(base.fingerprint)} class="base-name">
                      <BaseGlyph fingerprint={base.fingerprint} />
                      {base.name}
                    </a>
                  </th>
                  <td data-label="Fingerprint">
                    <code title={base.fingerprint}>{shortFingerprint(base.fingerprint)}…</code>
                  </td>
                  <td class="number" data-label="Rank">
                    {rank}
                  </td>
                  <td class="number" data-label="Size">
                    {formatSize(sizeBytes)}
                  </td>
                  <td class="targets" data-label="Changes">
                    {targets.join(", ")}
                  </td>
                  <td data-label="Quantizations seen">
                    {quantizationsOf(seen) || <span class="faint">any</span>}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableScroll>
      <p class="faint">
        A fingerprint is the same for every quantization of the same weights, and another for the next version
        of the model.
      </p>
    </section>
  );
}
