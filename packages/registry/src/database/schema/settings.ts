// SPDX-License-Identifier: Apache-2.0
import { pgTable, text } from "drizzle-orm/pg-core";

/** What a registry knows of itself: `origin`. */
export const settings = pgTable("settings", {
  key: text("key").primaryKey(),
  value: text("value").notNull(),
});
