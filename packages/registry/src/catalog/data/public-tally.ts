// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../../database/index.ts";
import { readTally, type Tally } from "../../search/tally.ts";
import { keepSums } from "./kept.ts";
import { isPublicEntry } from "./public.ts";

/** What all public packages offer, as it was up to ten seconds ago: one for all pages that sum up. */
export function keepPublicTally(db: Database): () => Promise<Tally> {
  const keep = keepSums<Tally>();
  return () => keep("", () => readTally(db, { condition: isPublicEntry }));
}
