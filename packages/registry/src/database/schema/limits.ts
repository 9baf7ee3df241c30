// SPDX-License-Identifier: Apache-2.0
import { index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";

/** How much of its limit each client has used (limits/rate-limits.ts), as rate-limiter-flexible keeps it. */
export const rateLimits = pgTable(
  "rate_limits",
  {
    key: text("key").primaryKey(),
    points: integer("points").notNull(),
    expire: timestamp("expire", { withTimezone: true, mode: "date" }),
  },
  (table) => [index("rate_limits_expire").on(table.expire)],
);
