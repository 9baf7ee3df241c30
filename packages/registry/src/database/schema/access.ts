// SPDX-License-Identifier: Apache-2.0
/** Who may act. */
import { bigint, jsonb, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

export const tokens = pgTable(
  "tokens",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    /** sha256 of the token, in hex: the token itself is never stored. */
    hash: text("hash").notNull(),
    name: text("name").notNull(),
    actions: jsonb("actions").$type<string[]>().notNull(),
    createdAt: moment("created_at").notNull(),
    /** Null for one that does not expire. */
    expiresAt: moment("expires_at"),
    revokedAt: moment("revoked_at"),
  },
  (table) => [uniqueIndex("tokens_hash").on(table.hash)],
);
