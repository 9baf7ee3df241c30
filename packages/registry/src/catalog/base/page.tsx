// SPDX-License-Identifier: Apache-2.0
import type { FoundPackage } from "@lora/client/documents";
import type { BaseRecord } from "@lora/client/fingerprint";
import { countOf, formatCount, formatSize, shortFingerprint } from "../format.ts";
import { Icon, Layout, type Site } from "../layout/index.ts";
import { BaseGlyph, Command, PackageList } from "../parts/index.ts";
import { modelPath, modelsPath, myModelPath } from "../paths.ts";

export interface ModelPageProps {
  site: Site;
  record: BaseRecord;
  packages: readonly FoundPackage[];
  total: number;
  next: string | undefined;
  now: Date;
}

export function ModelPage({ site, record, packages, total, next, now }: ModelPageProps) {
  const { fingerprint, names } = record;
  const name = names[0] ?? `${record.architecture} base`;
  return (
    <Layout
      site={site}
      title={name}
      description={`${countOf(total, "ability", "abilities")} for the base model ${name} (${shortFingerprint(fingerprint)}…)`}
      canonical={modelPath(fingerprint)}
      here="models"
    >
      <div class="page-head">
        <p class="crumbs">
          <a href={modelsPath}>Base models</a>
        </p>
        <h1 class="model-title">
          <BaseGlyph fingerprint={fingerprint} />
          {name}
        </h1>
        <Command text={fingerprint} label="Copy the fingerprint" hasPrompt={false} />
      </div>
      <div class="package-columns">
        <section class="package-main" aria-labelledby="abilities">
          <h2 id="abilities" class="section-label" data-total={total}>
            {countOf(total, "ability", "abilities")} for it
          </h2>
          {packages.length === 0 ? (
            <p class="empty">No ability has been published for this model yet.</p>
          ) : (
            <PackageList packages={packages} now={now} />
          )}
          {next !== undefined && (
            <nav class="pager" aria-label="Pages">
              <a class="next" rel="next" href={`${modelPath(fingerprint)}?cursor=${next}`}>
                Next page <Icon name="arrow" />
              </a>
            </nav>
          )}
        </section>
        <ModelFacts record={record} />
      </div>
    </Layout>
  );
}

function ModelFacts({ record }: { record: BaseRecord }) {
  const { names, builds, trunkBlocks, embeddingLength, vocabularySize, architecture } = record;
  const rows: [string, string][] = [
    ["Architecture", architecture],
    ["Layers", formatCount(trunkBlocks)],
    ["Width", formatCount(embeddingLength)],
    ["Vocabulary", vocabularySize === 0 ? "none" : formatCount(vocabularySize)],
    ["Output", record.tiedEmbedding ? "tied to the embedding" : "of its own"],
  ];
  if (record.experts !== undefined) rows.push(["Experts", formatCount(record.experts)]);
  return (
    <aside class="package-aside" aria-label="Facts">
      <dl class="facts">
        {rows.map(([term, value]) => (
          <>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </>
        ))}
        <dt>Parameters</dt>
        <dd>{formatParameters(record)}</dd>
      </dl>
      <section>
        <h2>Names seen</h2>
        {names.length === 0 ? (
          <p class="faint">none</p>
        ) : (
          <ul class="plain-list">
            {names.map((name) => (
              <li class="wrap">{name}</li>
            ))}
          </ul>
        )}
        <p class="faint">Names are what files call themselves. Only the fingerprint counts.</p>
      </section>
      <section>
        <h2>Known builds</h2>
        {builds.length === 0 ? (
          <p class="faint">None was registered. Every quantization of it has the same fingerprint.</p>
        ) : (
          <ul class="plain-list">
            {builds.map(({ sha256, sizeBytes, quantization }) => (
              <li>
                <b>{quantization}</b> <span class="faint">{formatSize(sizeBytes)}</span>{" "}
                <code title={sha256}>{sha256.slice(0, 12)}…</code>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h2>Is it mine?</h2>
        <p>
          <a href={myModelPath}>Drop your file</a>, or ask the command line:
        </p>
        <Command text="lora fingerprint model.gguf" />
      </section>
      <p class="aside-links">
        <a href={`/bases/${record.fingerprint}.json`}>JSON</a>
      </p>
    </aside>
  );
}

function formatParameters({ tensors }: BaseRecord): string {
  const count = Object.values(tensors).reduce(
    (sum, dims) => sum + dims.reduce((product, dim) => product * dim, 1),
    0,
  );
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} billion`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} million` : formatCount(count);
}
