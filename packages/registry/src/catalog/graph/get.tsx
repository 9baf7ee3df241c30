// SPDX-License-Identifier: Apache-2.0
import { packageOfPath } from "../../http/package-path.ts";
import { answerPage } from "../answer.tsx";
import type { CatalogDeps, PageRoute } from "../context.ts";
import { readDependents, readPackageVersion } from "../data/package.ts";
import { GraphPage } from "./page.tsx";
import { readGraph } from "./read-graph.ts";

const DEPENDENTS_SHOWN = 200;

/** `/@scope/name/dependencies` */
export function getGraph({ db, blobs, site }: CatalogDeps): PageRoute {
  return async (c) => {
    const of = await readPackageVersion(db, blobs, packageOfPath(c));
    const graph = await readGraph(db, of.index, of.version);
    const dependents = await readDependents(db, of.name, DEPENDENTS_SHOWN);
    return answerPage(c, <GraphPage site={site} of={of} graph={graph} dependents={dependents} />);
  };
}
