// SPDX-License-Identifier: Apache-2.0
/** What the operator took down (operations/take-down.ts). The version, its files and its log entry stay, unseen. */
import { bigint, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";
import { versions } from "./releases.ts";

export const takedowns = pgTable("takedowns", {
  versionId: bigint("version_id", { mode: "number" })
    .primaryKey()
    .references(() => versions.id),
  /** Shown to whoever asks for the version. */
  reason: text("reason").notNull(),
  takenDownAt: moment("taken_down_at").notNull(),
  /** Of its takedown entry; null until that is sequenced: till then the index file does not say it. */
  logIndex: bigint("log_index", { mode: "number" }),
});
