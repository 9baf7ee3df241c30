// SPDX-License-Identifier: Apache-2.0
/** What programs look for at a site: robots.txt, sitemap.xml (sitemaps.org 0.9), llms.txt, opensearch.xml. */
import { isPackageName } from "@lora/client/names";
import type { RequestContext } from "../../http/context.ts";
import { notFound } from "../../http/errors.ts";
import { answerText } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { readSitemap } from "../data/releases.ts";
import { escapeXml } from "../feeds/escape-xml.ts";
import { packagePath } from "../paths.ts";

/** Of sitemaps.org: 50,000 addresses and 50 MB a file. Pages this size come quickly. */
const SITEMAP_LIMIT = 10_000;
const MAX_SITEMAPS = 1000;

const CACHED = "public, max-age=3600";

export function getRobots({ site }: CatalogDeps) {
  return async (c: RequestContext) =>
    answerText(
      c,
      `User-agent: *\nDisallow: /api/\nDisallow: /blobs/\nDisallow: /account\nDisallow: /search?\n\nSitemap: ${site.origin}/sitemap.xml\n`,
      { "content-type": "text/plain; charset=utf-8", "cache-control": CACHED },
    );
}

/** The whole of a small registry; of a large one the first part, whose last lines lead to the next (`?after=`). */
export function getSitemap({ db, site }: CatalogDeps): PageRoute {
  return async (c) => {
    const after = c.req.query("after") ?? "";
    if (after !== "" && !isPackageName(after)) throw notFound("there is no such part of the sitemap");
    const rows = await readSitemap(db, after, SITEMAP_LIMIT);
    const fixed = after === "" ? ["/", "/search", "/models", "/my-model", "/log"] : [];
    const urls = [
      ...fixed.map((path) => `<url><loc>${site.origin}${path}</loc></url>`),
      ...rows.map(
        ({ name, releasedAt }) =>
          `<url><loc>${escapeXml(`${site.origin}${packagePath(name)}`)}</loc><lastmod>${releasedAt.toISOString()}</lastmod></url>`,
      ),
    ];
    return answerXml(
      c,
      `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${urls.join("\n")}\n</urlset>`,
    );
  };
}

/** `/sitemap.xml`: a list of the parts. */
export function getSitemapIndex({ db, site }: CatalogDeps): PageRoute {
  return async (c) => {
    const parts = [""];
    for (let after = ""; parts.length < MAX_SITEMAPS; ) {
      const rows = await readSitemap(db, after, SITEMAP_LIMIT);
      const last = rows.at(-1);
      if (rows.length < SITEMAP_LIMIT || last === undefined) break;
      after = last.name;
      parts.push(after);
    }
    const items = parts.map((after) => {
      const query = after === "" ? "" : `?after=${encodeURIComponent(after)}`;
      return `<sitemap><loc>${escapeXml(`${site.origin}/sitemap-packages.xml${query}`)}</loc></sitemap>`;
    });
    return answerXml(
      c,
      `<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${items.join("\n")}\n</sitemapindex>`,
    );
  };
}

function answerXml(c: RequestContext, xml: string): Promise<Response> {
  return answerText(c, `<?xml version="1.0" encoding="UTF-8"?>\n${xml}\n`, {
    "content-type": "application/xml; charset=utf-8",
    "cache-control": CACHED,
  });
}

export function getOpenSearch({ site }: CatalogDeps) {
  return async (c: RequestContext) =>
    answerText(
      c,
      `<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>lora</ShortName><Description>Abilities for your own model</Description>
<Url type="text/html" template="${escapeXml(site.origin)}/search?q={searchTerms}"/>
</OpenSearchDescription>
`,
      { "content-type": "application/opensearchdescription+xml; charset=utf-8", "cache-control": CACHED },
    );
}

/** For language models that look around: what this is, and where programs read. */
export function getLlmsText({ site }: CatalogDeps) {
  const { origin } = site;
  return async (c: RequestContext) =>
    answerText(
      c,
      `# lora

> A registry of abilities: small LoRA adapters that are installed onto a model on one's own disk. Every release is
> versioned, signed by its author, and built for one exact base model, which a fingerprint of its weights names.

## For programs
- [What this registry is](${origin}/registry.json)
- [The API, as OpenAPI](${origin}/api/v1/openapi.json)
- [Search](${origin}/api/v1/search?q=json): \`q\`, \`base\` (a fingerprint), \`architecture\`, \`maxRank\`, \`license\`, \`scope\`
- All versions of a package: \`${origin}/index/@scope/name.json\`
- A version's manifest: \`${origin}/versions/@scope/name/1.2.0/lora.json\`
- What is known of a base model: \`${origin}/bases/<fingerprint>.json\`
- [The manifest's schema](${origin}/schema/lora.json)
- [New releases](${origin}/feeds/all.atom)

## For people
- [Abilities](${origin}/search)
- [Base models](${origin}/models)
- [What works with my model?](${origin}/my-model)

## To install
    export LORA_REGISTRY=${origin}
    lora init --model model.gguf
    lora install @scope/name
`,
      { "content-type": "text/plain; charset=utf-8", "cache-control": CACHED },
    );
}

export function getFavicon({ site }: CatalogDeps) {
  return async (c: RequestContext) => {
    const path = site.assets.path("mark.svg");
    if (path === undefined) throw notFound("there is no icon");
    return c.redirect(path, 302);
  };
}
