// SPDX-License-Identifier: Apache-2.0
/** What the catalog's pages have computed once and show again. Nothing here that could not be computed anew. */
import { jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";

/** How far the weights moved from one adapter file to another; both never change, so neither does this. */
export const weightChanges = pgTable(
  "weight_changes",
  {
    fromSha256: text("from_sha256").notNull(),
    toSha256: text("to_sha256").notNull(),
    /** catalog/compare/weight-change.ts */
    change: jsonb("change").notNull(),
  },
  (table) => [primaryKey({ columns: [table.fromSha256, table.toSha256] })],
);
