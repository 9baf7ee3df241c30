// SPDX-License-Identifier: Apache-2.0
import { isFingerprint } from "@lora/client/fingerprint";
import { and, sql } from "drizzle-orm";
import { notFound } from "../../http/errors.ts";
import { formatCursor, parseCursor } from "../../search/cursor.ts";
import { hasAll } from "../../search/facets.ts";
import { findPackages } from "../../search/find-packages.ts";
import { readFound } from "../../search/read-found.ts";
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { countBases, readBaseRecord, readBases } from "../data/bases.ts";
import { readerOf } from "../data/reader.ts";
import { ModelsPage } from "./list.tsx";
import { ModelPage } from "./page.tsx";

const PAGE_LIMIT = 20;
const MODELS_SHOWN = 200;

/** `/models/lfp1:…` */
export function getModel(deps: CatalogDeps): PageRoute {
  const { db, site } = deps;
  return async (c) => {
    const reader = await readerOf(deps, c);
    const fingerprint = c.req.param("fingerprint") ?? "";
    if (!isFingerprint(fingerprint)) throw notFound("a model is named by lfp1: and 64 hex digits");
    const record = await readBaseRecord(db, fingerprint);
    if (record === undefined) throw notFound("nobody has told this registry of that model");
    const cursor = c.req.query("cursor");
    const after = cursor === undefined ? undefined : parseCursor(cursor, "newest");
    const { page, found } = await db.transaction(async (tx) => {
      // Not by the search's own filter, which lets every bundle pass: what is listed here was trained for this model.
      const isForIt = hasAll([sql`${`b:${fingerprint}`}`]);
      const search = {
        words: undefined,
        visible: and(reader.entries, isForIt),
        sort: "newest",
        after,
        limit: PAGE_LIMIT,
      } as const;
      const page = await findPackages(tx, search);
      return { page, found: await readFound(tx, page.names, { base: fingerprint }) };
    });
    const isThis = (base: { fingerprint: string }) => base.fingerprint === fingerprint;
    const next = page.next === undefined ? undefined : formatCursor(page.next);
    return answerPage(
      c,
      <ModelPage
        site={site}
        record={record}
        packages={found.map((of) => ({ ...of, bases: of.bases.filter(isThis) }))}
        total={page.total}
        next={next}
        now={new Date()}
      />,
      reader.answer,
    );
  };
}

/** `/models` */
export function getModels({ db, site, publicTally }: CatalogDeps): PageRoute {
  return async (c) => {
    const bases = await readBases(db, await publicTally(), MODELS_SHOWN);
    return answerPage(c, <ModelsPage site={site} bases={bases} total={await countBases(db)} />);
  };
}
