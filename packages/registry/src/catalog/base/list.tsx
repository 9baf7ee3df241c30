// SPDX-License-Identifier: Apache-2.0
import type { BaseSummary } from "../data/bases.ts";
import { countOf, formatCount, shortFingerprint } from "../format.ts";
import { Icon, Layout, type Site } from "../layout/index.ts";
import { BaseGlyph } from "../parts/index.ts";
import { modelPath, myModelPath } from "../paths.ts";

export function ModelsPage({
  site,
  bases,
  total,
}: {
  site: Site;
  bases: readonly BaseSummary[];
  total: number;
}) {
  return (
    <Layout
      site={site}
      title="Base models"
      description="Base models, by fingerprint, with the abilities that were trained for them."
      canonical="/models"
      here="models"
    >
      <div class="page-head">
        <h1>Base models</h1>
        <p class="lead">
          An ability is built for one exact version of one base. A fingerprint of its weights says which,
          whatever the file is called and however it is quantized.
        </p>
      </div>
      <a class="callout" href={myModelPath}>
        <Icon name="chip" />
        <span>
          <b>Which one is mine?</b> Drop a GGUF: your browser takes its fingerprint, nothing is uploaded.
        </span>
        <Icon name="arrow" />
      </a>
      {bases.length === 0 ? (
        <p class="empty">No ability has been published yet, so no model is known here.</p>
      ) : (
        <ul class="model-grid">
          {bases.map((base) => (
            <li>
              <a href={modelPath(base.fingerprint)} class="model-card">
                <BaseGlyph fingerprint={base.fingerprint} />
                <b>{base.name}</b>
                <code>{shortFingerprint(base.fingerprint)}…</code>
                <span class="faint">
                  {base.architecture} · {countOf(base.packages, "ability", "abilities")}
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
      {total > bases.length && (
        <p class="faint">{formatCount(total)} models are known; those without an ability are not shown.</p>
      )}
    </Layout>
  );
}
