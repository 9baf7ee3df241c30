// SPDX-License-Identifier: Apache-2.0
/**
 * Who may act.
 *
 *     users ─< organisation_members >─ organisations
 *       └──────< scope_members >─────────┘
 *                    scopes
 *     users ─< tokens >─ publishers
 */

import { sql } from "drizzle-orm";
import { bigint, check, index, jsonb, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { users } from "./accounts.ts";
import { moment } from "./columns.ts";
import { scopes } from "./releases.ts";

const identity = () => bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity();

export const organisations = pgTable(
  "organisations",
  {
    /** Opaque: what the public log calls an owner. */
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (table) => [uniqueIndex("organisations_name").on(table.name)],
);

export const organisationMembers = pgTable(
  "organisation_members",
  {
    organisationId: text("organisation_id")
      .notNull()
      .references(() => organisations.id, { onDelete: "cascade" }),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** `owner`, `publisher` or `reader`. */
    role: text("role").notNull(),
    addedAt: moment("added_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organisationId, table.userId] }),
    index("organisation_members_user").on(table.userId),
  ],
);

/** Who may do what with a scope: an account, or an organisation, whose members then may at most what it may. */
export const scopeMembers = pgTable(
  "scope_members",
  {
    id: identity(),
    scope: text("scope")
      .notNull()
      .references(() => scopes.name),
    userId: text("user_id").references(() => users.id, { onDelete: "cascade" }),
    organisationId: text("organisation_id").references(() => organisations.id, { onDelete: "cascade" }),
    /** `owner`, `publisher` or `reader`. */
    role: text("role").notNull(),
    addedAt: moment("added_at").notNull(),
  },
  (table) => [
    uniqueIndex("scope_members_user").on(table.scope, table.userId),
    uniqueIndex("scope_members_organisation").on(table.scope, table.organisationId),
    index("scope_members_of_user").on(table.userId),
    index("scope_members_of_organisation").on(table.organisationId),
    check("scope_members_one_holder", sql`num_nonnulls(${table.userId}, ${table.organisationId}) = 1`),
  ],
);

/** Workflows of CI systems that may publish a package, which need not exist yet. */
export const publishers = pgTable(
  "publishers",
  {
    id: identity(),
    scope: text("scope")
      .notNull()
      .references(() => scopes.name),
    package: text("package").notNull(),
    /** `github` or `gitlab`: what the claims are called. */
    provider: text("provider").notNull(),
    issuer: text("issuer").notNull(),
    /** Numeric: a name can be given up, and taken by somebody else. */
    ownerId: text("owner_id").notNull(),
    repository: text("repository").notNull(),
    workflow: text("workflow").notNull(),
    /** Empty where any will do. */
    environment: text("environment").notNull().default(""),
    addedAt: moment("added_at").notNull(),
    lastUsedAt: moment("last_used_at"),
  },
  (table) => [
    uniqueIndex("publishers_package").on(
      table.package,
      table.issuer,
      table.repository,
      table.workflow,
      table.environment,
    ),
    index("publishers_scope").on(table.scope),
  ],
);

/** CI systems' tokens that were exchanged, until they expire: none is taken twice. */
export const usedIdTokens = pgTable(
  "used_id_tokens",
  {
    issuer: text("issuer").notNull(),
    jti: text("jti").notNull(),
    expiresAt: moment("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.issuer, table.jti] }),
    index("used_id_tokens_expires_at").on(table.expiresAt),
  ],
);

export const tokens = pgTable(
  "tokens",
  {
    id: identity(),
    /** sha256 of the token, in hex: the token itself is never stored. */
    hash: text("hash").notNull(),
    name: text("name").notNull(),
    actions: jsonb("actions").$type<string[]>().notNull(),
    /** Whose rights it has. Null with `publisherId`, or for the registry's own, which may act on everything. */
    userId: text("user_id").references(() => users.id, { onDelete: "cascade" }),
    /** Of a CI job: it has rights on the publisher's package alone. */
    publisherId: bigint("publisher_id", { mode: "number" }).references(() => publishers.id, {
      onDelete: "cascade",
    }),
    /** Patterns such as `@acme/sql-*`; null for every package. */
    packages: jsonb("packages").$type<string[]>(),
    /** Networks that it may be used from; null for any. */
    cidrs: jsonb("cidrs").$type<string[]>(),
    createdAt: moment("created_at").notNull(),
    /** Null for one that does not expire. */
    expiresAt: moment("expires_at"),
    revokedAt: moment("revoked_at"),
    /** To the hour. */
    lastUsedAt: moment("last_used_at"),
  },
  (table) => [uniqueIndex("tokens_hash").on(table.hash), index("tokens_user").on(table.userId)],
);
