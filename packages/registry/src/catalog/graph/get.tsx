// SPDX-License-Identifier: Apache-2.0
import { packageOfPath } from "../../http/package-path.ts";
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { readDependents, readPackageVersion } from "../data/package.ts";
import { readerOf } from "../data/reader.ts";
import { GraphPage } from "./page.tsx";
import { readGraph } from "./read-graph.ts";

const DEPENDENTS_SHOWN = 200;

/** `/@scope/name/dependencies` */
export function getGraph(deps: CatalogDeps): PageRoute {
  const { db, blobs, site } = deps;
  return async (c) => {
    const reader = await readerOf(deps, c);
    const of = await readPackageVersion(db, blobs, packageOfPath(c), undefined, reader);
    const graph = await readGraph(db, of.index, of.version, reader);
    const dependents = await readDependents(db, of.name, DEPENDENTS_SHOWN, reader);
    return answerPage(
      c,
      <GraphPage site={site} of={of} graph={graph} dependents={dependents} />,
      reader.answer,
    );
  };
}
