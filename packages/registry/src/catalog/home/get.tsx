// SPDX-License-Identifier: Apache-2.0
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { readBases } from "../data/bases.ts";
import { readMostInstalled } from "../data/downloads.ts";
import { keepSums } from "../data/kept.ts";
import { type Counts, countAll, readNewest } from "../data/lists.ts";
import { readerOf } from "../data/reader.ts";
import { HomePage } from "./page.tsx";

const NEWEST = 6;
const MOST_INSTALLED = 8;
const BASES = 8;

export function getHome(deps: CatalogDeps): PageRoute {
  const { db, site, publicTally } = deps;
  const keepCounts = keepSums<Counts>();
  return async (c) => {
    const reader = await readerOf(deps, c);
    const [newest, mostInstalled, bases, counts] = [
      await readNewest(db, NEWEST, reader),
      await readMostInstalled(db, MOST_INSTALLED),
      await readBases(db, await publicTally(), BASES),
      await keepCounts("", async () => countAll(db, await publicTally())),
    ];
    return answerPage(
      c,
      <HomePage
        site={site}
        newest={newest}
        mostInstalled={mostInstalled}
        bases={bases}
        counts={counts}
        now={new Date()}
      />,
      reader.answer,
    );
  };
}
