// SPDX-License-Identifier: Apache-2.0
/**
 * Styles and islands, as `scripts/build-catalog.ts` left them in the package's `assets/`. The names hold the content's
 * hash, so a browser keeps each for ever:
 *
 *     assets/manifest.json    {"site.css":"site.3f9a0c21.css","theme.js":"theme.b81c77d0.js"}
 *
 * Where nothing was built the catalog is pages without styles, which read well enough.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import type { RequestContext } from "../../http/context.ts";
import { IMMUTABLE } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";
import { PACKAGE_ROOT } from "../../package-root.ts";

const DIRECTORY = fileURLToPath(new URL("assets/", PACKAGE_ROOT));
const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

export interface Assets {
  /** `site.css` → `/assets/site.3f9a0c21.css`; undefined where it was not built. */
  path(name: string): string | undefined;
  answer(c: RequestContext): Response;
}

interface Asset {
  bytes: Uint8Array<ArrayBuffer>;
  brotli: Uint8Array<ArrayBuffer>;
}

export function openAssets(directory = DIRECTORY): Assets {
  const manifestPath = join(directory, "manifest.json");
  const manifest: Record<string, string> = existsSync(manifestPath)
    ? JSON.parse(readFileSync(manifestPath, "utf8"))
    : {};
  const files = new Set(Object.values(manifest));
  const loaded = new Map<string, Asset>();
  const load = (file: string): Asset => {
    const known = loaded.get(file);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(readFileSync(join(directory, file)));
    const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    const asset = { bytes, brotli: new Uint8Array(brotli) };
    loaded.set(file, asset);
    return asset;
  };
  return {
    path: (name) => (manifest[name] === undefined ? undefined : `/assets/${manifest[name]}`),
    answer(c) {
      const file = c.req.param("file") ?? "";
      // Only names of the manifest are ever read.
      if (!files.has(file)) throw notFound("there is no such asset");
      const { bytes, brotli } = load(file);
      const isBrotli = /\bbr\b/.test(c.req.header("accept-encoding") ?? "");
      return c.body(isBrotli ? brotli : bytes, 200, {
        "content-type": TYPES[file.slice(file.lastIndexOf(".") + 1)] ?? "application/octet-stream",
        "cache-control": IMMUTABLE,
        vary: "accept-encoding",
        ...(isBrotli ? { "content-encoding": "br" } : {}),
      });
    },
  };
}
