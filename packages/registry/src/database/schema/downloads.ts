// SPDX-License-Identifier: Apache-2.0
/** How often releases are fetched (downloads/count.ts). Versions are named, not referred to: counts outlive them. */
import { bigint, date, pgTable, primaryKey, text } from "drizzle-orm/pg-core";

export const downloads = pgTable(
  "downloads",
  {
    package: text("package").notNull(),
    version: text("version").notNull(),
    /** In UTC. */
    day: date("day", { mode: "string" }).notNull(),
    count: bigint("count", { mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.package, table.day, table.version] })],
);

/** Who was counted, so that nobody is counted twice on a day, by whichever process. Kept for two days. */
export const downloadClients = pgTable(
  "download_clients",
  {
    day: date("day", { mode: "string" }).notNull(),
    package: text("package").notNull(),
    version: text("version").notNull(),
    /** A hash that says nothing of the address to anybody without the registry's secret. */
    client: text("client").notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.package, table.version, table.client] })],
);
