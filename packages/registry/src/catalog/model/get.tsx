// SPDX-License-Identifier: Apache-2.0
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { Icon, Layout } from "../layout/index.ts";
import { Command } from "../parts/index.ts";
import { modelsPath, myModelPath } from "../paths.ts";

/** `/my-model`: the island `my-model` reads a file of the visitor's. */
export function getMyModel({ site }: CatalogDeps): PageRoute {
  return async (c) =>
    answerPage(
      c,
      <Layout
        site={site}
        title="What works with my model?"
        description="Drop a GGUF: the browser reads its fingerprint on your machine and lists the abilities that fit."
        canonical={myModelPath}
        here="my-model"
        scripts={["my-model"]}
      >
        <div class="page-head">
          <h1>What works with my model?</h1>
          <p class="lead">
            Your browser reads the header and the norms of the file, a few megabytes however large it is, and
            computes its fingerprint. <b>The file is not uploaded</b>: only the fingerprint is sent, to ask
            what fits.
          </p>
        </div>
        <div class="drop" data-drop hidden>
          <Icon name="chip" />
          <p>
            <b>Drop a GGUF model anywhere on this page</b>
          </p>
          <p class="faint">all parts at once where it is split</p>
          <label class="button">
            Choose a file
            <input type="file" accept=".gguf" multiple data-file />
          </label>
        </div>
        <noscript>
          <p class="notice">
            Reading a file in the browser needs a script. The command line does the same, and everything else
            here works without.
          </p>
        </noscript>
        <p class="visually-hidden" role="status" data-status />
        <div data-result />
        <section class="below" aria-labelledby="by-command">
          <h2 id="by-command" class="section-label">
            From the command line
          </h2>
          <Command text="lora search --base model.gguf" />
          <p class="faint">
            Or choose <a href={modelsPath}>among the models</a> that abilities were published for.
          </p>
        </section>
      </Layout>,
    );
}
