// SPDX-License-Identifier: Apache-2.0
import type { FoundPackage } from "@lora/client/documents";
import type { BaseSummary } from "../data/bases.ts";
import { countOf, formatCount, formatShortCount } from "../format.ts";
import { Icon, Layout, type Site } from "../layout/index.ts";
import { BaseGlyph, Command, PackageLabel, PackageList, ShortPrint } from "../parts/index.ts";
import { modelPath, modelsPath, myModelPath, packagePath, searchPath, searchUrl } from "../paths.ts";

export interface HomePageProps {
  site: Site;
  newest: readonly FoundPackage[];
  mostInstalled: readonly { name: string; count: number }[];
  bases: readonly BaseSummary[];
  counts: { packages: number; versions: number; bases: number };
  now: Date;
}

export function HomePage({ site, newest, mostInstalled, bases, counts, now }: HomePageProps) {
  return (
    <Layout
      site={site}
      title=""
      description="Find, check and install abilities (LoRA adapters) onto the model on your own disk."
      canonical="/"
      picture="/pictures/site.png"
      search={false}
    >
      <section class="hero">
        <div class="hero-main">
          <h1>Abilities for the model on your own disk</h1>
          <p class="lead">
            Small trained files that teach your model one thing more: versioned, signed, and checked against
            the exact weights that you have.
          </p>
          <search>
            <form class="big-search" action={searchPath}>
              <Icon name="search" />
              <input
                type="search"
                name="q"
                placeholder="sql, json, a tone…"
                aria-label="Search abilities"
                maxlength={200}
                autocomplete="off"
                spellcheck={false}
              />
              <button type="submit">Search</button>
            </form>
          </search>
          <p class="stats">
            <span>
              <b>{formatCount(counts.packages)}</b> {counts.packages === 1 ? "ability" : "abilities"}
            </span>
            <span>
              <b>{formatCount(counts.versions)}</b> {counts.versions === 1 ? "release" : "releases"}
            </span>
            <span>
              <b>{formatCount(counts.bases)}</b> {counts.bases === 1 ? "base model" : "base models"}
            </span>
          </p>
        </div>
        <Terminal />
      </section>

      <a class="callout" href={myModelPath}>
        <Icon name="chip" />
        <span>
          <b>What works with my model?</b> Drop a GGUF: your browser reads it, nothing is uploaded.
        </span>
        <Icon name="arrow" />
      </a>

      <div class="home-columns">
        <section aria-labelledby="new">
          <div class="section-head">
            <h2 id="new">New</h2>
            <a href={searchPath}>All by date</a>
          </div>
          {newest.length > 0 ? <PackageList packages={newest} now={now} /> : <FirstPublish />}
        </section>
        <div class="home-side">
          {mostInstalled.length > 0 && (
            <section aria-labelledby="most">
              <div class="section-head">
                <h2 id="most">Most installed</h2>
                <a href={searchUrl({ sort: "downloads" })}>All by downloads</a>
              </div>
              <ol class="rank-list">
                {mostInstalled.map(({ name, count }) => (
                  <li>
                    <a href={packagePath(name)}>
                      <PackageLabel name={name} />
                    </a>
                    <span class="count" title={countOf(count, "download")}>
                      {formatShortCount(count)}
                    </span>
                  </li>
                ))}
              </ol>
            </section>
          )}
          {bases.length > 0 && (
            <section aria-labelledby="by-base">
              <div class="section-head">
                <h2 id="by-base">By base model</h2>
                <a href={modelsPath}>All models</a>
              </div>
              <ul class="rank-list">
                {bases.map((base) => (
                  <li>
                    <a href={modelPath(base.fingerprint)} class="base-name">
                      <BaseGlyph fingerprint={base.fingerprint} />
                      <span>{base.name}</span> <ShortPrint fingerprint={base.fingerprint} />
                    </a>
                    <span class="count" title={countOf(base.packages, "ability", "abilities")}>
                      {formatShortCount(base.packages)}
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
      </div>
    </Layout>
  );
}

function Terminal() {
  return (
    <pre class="terminal">
      <code>
        <span class="said">$</span> lora init --model llama.q4_k_m.gguf{"\n"}
        <span class="said">$</span> lora install @you/ability{"\n"}
        <span class="good">+ @you/ability 1.2.0 rank 16{"\n"}</span>
        <span class="said">signed, logged, fits these weights{"\n"}</span>
        <span class="said">$</span> lora run "…"{"\n"}
      </code>
    </pre>
  );
}

function FirstPublish() {
  return (
    <div class="empty">
      <p>Nothing has been published here yet. The first ability could be yours:</p>
      <Command text="lora publish ./my-ability" />
    </div>
  );
}
