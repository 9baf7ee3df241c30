// SPDX-License-Identifier: Apache-2.0
/**
 * What stands beside a base's record (`bases` in releases.ts).
 *
 *     bases ─< base_names
 *       ├──── base_norms
 *       └──< same_bases >── bases
 */
import { bigint, customType, index, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";
import { bases } from "./releases.ts";

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
  // postgres.js takes a Buffer, PGlite any Uint8Array.
  toDriver: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});

/** The names in the records, so that a base can be found by what people call it. No name belongs to one base. */
export const baseNames = pgTable(
  "base_names",
  {
    fingerprint: text("fingerprint")
      .notNull()
      .references(() => bases.fingerprint),
    name: text("name").notNull(),
    /** The name in lower case. */
    folded: text("folded").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.fingerprint, table.name] }),
    index("base_names_folded").on(table.folded),
  ],
);

/** The norms themselves, whose hash is in the fingerprint: evidence on which two bases are found to be the same. */
export const baseNorms = pgTable("base_norms", {
  fingerprint: text("fingerprint")
    .primaryKey()
    .references(() => bases.fingerprint),
  /** A safetensors file of F32 tensors; its lineage was checked. */
  content: bytea("content").notNull(),
});

/** Two fingerprints that an operator declared to be one base, `first` below `second`. */
export const sameBases = pgTable(
  "same_bases",
  {
    first: text("first")
      .notNull()
      .references(() => bases.fingerprint),
    second: text("second")
      .notNull()
      .references(() => bases.fingerprint),
    declaredAt: moment("declared_at").notNull(),
    /** Of its entry in log_pending, by which it is found in log_entries once it is sequenced. */
    pendingId: bigint("pending_id", { mode: "number" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.first, table.second] }),
    index("same_bases_second").on(table.second),
  ],
);
