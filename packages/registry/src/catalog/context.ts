// SPDX-License-Identifier: Apache-2.0
import type { Deps } from "../deps.ts";
import type { RequestContext } from "../http/context.ts";
import type { Tally } from "../search/tally.ts";
import type { Site } from "./layout/index.ts";

/** What a page's route works with. */
export interface CatalogDeps extends Deps {
  site: Site;
  /** Of all public packages (data/public-tally.ts). */
  publicTally: () => Promise<Tally>;
}

export type PageRoute = (c: RequestContext) => Promise<Response>;
