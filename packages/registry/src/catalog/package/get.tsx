// SPDX-License-Identifier: Apache-2.0
import { isVersion, type Version } from "@lora/client/versions";
import type { BlobStore } from "../../blobs/index.ts";
import type { RequestContext } from "../../http/context.ts";
import { notFound } from "../../http/errors.ts";
import { packageOfPath } from "../../http/package-path.ts";
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { readBaseSummaries } from "../data/bases.ts";
import { readDownloads } from "../data/downloads.ts";
import { readLogged } from "../data/logged.ts";
import { type PackageVersion, readDependents, readPackageVersion } from "../data/package.ts";
import { readerOf } from "../data/reader.ts";
import { PackagePage, type PackagePageProps } from "./page.tsx";
import { readReadme } from "./readme.ts";

const DEPENDENTS_SHOWN = 8;

/** `/@scope/name` and `/@scope/name/1.2.0` */
export function getPackage(deps: CatalogDeps): PageRoute {
  const { db, blobs, site } = deps;
  return async (c) => {
    const reader = await readerOf(deps, c);
    const of = await readPackageVersion(db, blobs, packageOfPath(c), versionOf(c), reader);
    const fingerprints = [...new Set(of.entry.adapters.map(({ base }) => base.fingerprint))];
    return answerPage(
      c,
      <PackagePage
        site={site}
        of={of}
        readme={await findReadme(blobs, of)}
        bases={await readBaseSummaries(db, fingerprints)}
        dependents={await readDependents(db, of.name, DEPENDENTS_SHOWN, reader)}
        downloads={await readDownloads(db, of.name)}
        logged={await readLogged(db, of.name, of.version)}
        now={new Date()}
      />,
      reader.answer,
    );
  };
}

/** @throws LoraError NOT_FOUND for what is no version: it may be an address of a page that there is not */
function versionOf(c: RequestContext): Version | undefined {
  const text = c.req.param("version");
  if (text === undefined) return undefined;
  if (!isVersion(text)) throw notFound(`there is no page ${c.req.path}`);
  return text;
}

async function findReadme(
  blobs: BlobStore,
  { files, manifest }: PackageVersion,
): Promise<PackagePageProps["readme"]> {
  const file = files.find(({ name }) => name === (manifest.readme ?? "README.md"));
  if (file === undefined) return undefined;
  const html = await readReadme(blobs, file);
  return html === undefined ? { file: file.name } : { html };
}
