// SPDX-License-Identifier: Apache-2.0
import { readHead } from "../../log/index.ts";
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { readNewestEntries } from "../data/history.ts";
import { LogPage } from "./page.tsx";

const ENTRIES = 30;

/** `/log` */
export function getLog({ db, site, logKey, clockKey }: CatalogDeps): PageRoute {
  return async (c) =>
    answerPage(
      c,
      <LogPage
        site={site}
        entries={await readNewestEntries(db, ENTRIES)}
        note={(await readHead(db))?.note}
        logKey={logKey}
        clockKey={clockKey}
        now={new Date()}
      />,
    );
}
