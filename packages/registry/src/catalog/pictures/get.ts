// SPDX-License-Identifier: Apache-2.0
/** `/pictures/site.png` and `/pictures/@scope/name.png`: what a link to a page is shown with elsewhere. */
import { isPackageName } from "@lora/client/names";
import { answerDocument, etagOf } from "../../http/document.ts";
import { notFound } from "../../http/errors.ts";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { keepLast } from "../data/blob-text.ts";
import { readPackageVersion } from "../data/package.ts";
import { drawnOf, drawPicture, type PictureText } from "./draw.ts";

const ENDING = ".png";
const KEPT = 50;
const MAX_TEXT = 150;

const SITE: PictureText = {
  before: "",
  title: "Abilities for the model on your own disk",
  text: "Versioned, signed, and checked against the exact weights that you have.",
  note: "the package manager for LoRA adapters",
  digits: "ce6a3a5a0039",
};

export function getPicture({ db, blobs }: CatalogDeps): PageRoute {
  const keep = keepLast<Uint8Array<ArrayBuffer>>(KEPT);
  return async (c) => {
    const { scope, file = "" } = c.req.param() as { scope?: string; file?: string };
    const stem = file.endsWith(ENDING) ? file.slice(0, -ENDING.length) : "";
    const name = `${scope}/${stem}`;
    let text = SITE;
    if (scope !== undefined || stem !== "site") {
      if (!isPackageName(name)) throw notFound("there is no such picture");
      const { version, manifest, entry } = await readPackageVersion(db, blobs, name);
      const slash = name.indexOf("/") + 1;
      const bases = [...new Set(entry.adapters.map(({ base }) => drawnOf(base.name)))].filter(Boolean);
      text = {
        before: name.slice(0, slash),
        title: name.slice(slash),
        text: cut(drawnOf(manifest.description ?? "")),
        note: `${version}   ${entry.adapters.length === 0 ? "bundle" : bases.slice(0, 3).join(", ")}`,
        digits: entry.adapters[0]?.base.fingerprint.slice("lfp1:".length, "lfp1:".length + 12) ?? "",
      };
    }
    const body = await keep(JSON.stringify(text), () => drawPicture(text));
    return answerDocument(c, {
      body,
      etag: etagOf(body),
      cacheControl: "public, max-age=3600",
      type: "image/png",
    });
  };
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
