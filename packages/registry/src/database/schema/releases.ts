// SPDX-License-Identifier: Apache-2.0
/**
 * What was published, and by which keys.
 *
 *     scopes ─< scope_keys
 *        └────< packages ─< versions ─< version_files >─ blobs
 *                  │            ├─────< adapters >─ bases
 *                  │            └─────< dist_tags
 *                  ├── search_entries
 *                  └──< search_fits
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

const tsvector = customType<{ data: string }>({ dataType: () => "tsvector" });

export const scopes = pgTable(
  "scopes",
  {
    /** `@demo` */
    name: text("name").primaryKey(),
    /** The name as a hasty reader sees it (scopes/similar.ts); two scopes never share one. */
    skeleton: text("skeleton").notNull(),
    createdAt: moment("created_at").notNull(),
    /** `private` where that is what its packages are unless they say otherwise; null is public. */
    visibility: text("visibility"),
    /** Of its scope.create; null until that is sequenced. */
    logIndex: bigint("log_index", { mode: "number" }),
  },
  (table) => [uniqueIndex("scopes_skeleton").on(table.skeleton)],
);

export const scopeKeys = pgTable(
  "scope_keys",
  {
    scope: text("scope")
      .notNull()
      .references(() => scopes.name),
    keyId: text("key_id").notNull(),
    pem: text("pem").notNull(),
    addedAt: moment("added_at").notNull(),
    /** The key that vouched for this one, and its statement; null for a scope's first and for one of a reset. */
    addedBy: text("added_by"),
    statement: text("statement"),
    /** Of its key.add or key.reset; null until that is sequenced. */
    logIndex: bigint("log_index", { mode: "number" }),
    /** POSIX seconds from which a key of a reset may sign. */
    notBefore: bigint("not_before", { mode: "number" }),
    /** Set by the revocation; the other two once that is sequenced. */
    revokedAt: moment("revoked_at"),
    validBefore: bigint("valid_before", { mode: "number" }),
    revokedIndex: bigint("revoked_index", { mode: "number" }),
  },
  (table) => [primaryKey({ columns: [table.scope, table.keyId] })],
);

export const packages = pgTable(
  "packages",
  {
    /** `@demo/upper` */
    name: text("name").primaryKey(),
    scope: text("scope")
      .notNull()
      .references(() => scopes.name),
    createdAt: moment("created_at").notNull(),
    /** `/index/@demo/upper.json` as it is served, written by the transaction that changes what it says. */
    indexText: text("index_text").notNull(),
    /** With its quotes, as the header has it. */
    indexEtag: text("index_etag").notNull(),
    /** `private` or `public`; null is what the scope is. */
    visibility: text("visibility"),
    /** What follows from that and the scope's: only those with a right to it see that it exists. */
    isPrivate: boolean("is_private").notNull().default(false),
  },
  (table) => [index("packages_scope").on(table.scope)],
);

export const versions = pgTable(
  "versions",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    package: text("package")
      .notNull()
      .references(() => packages.name),
    version: text("version").notNull(),
    /** sha256 of the signed payload. */
    releaseId: text("release_id").notNull(),
    keyId: text("key_id").notNull(),
    /** The signature bundle, the exact text that was verified. */
    bundle: text("bundle").notNull(),
    publishedAt: moment("published_at").notNull(),
    /** Of its publish entry; null until that is sequenced: till then nobody sees the version. */
    logIndex: bigint("log_index", { mode: "number" }),
    scale: doublePrecision("scale"),
    /** `{"@scope/name": {"range": "^1", "scale": 0.5}}` */
    dependencies: jsonb("dependencies").notNull(),
    optionalDependencies: jsonb("optional_dependencies").notNull(),
    /** `{"@scope/name": "*"}` */
    conflicts: jsonb("conflicts").notNull(),
    /** As lora.json has them, for search alone. */
    description: text("description"),
    license: text("license"),
    keywords: jsonb("keywords").$type<string[]>().notNull().default([]),
    /** The reason, where the version was yanked. */
    yanked: text("yanked"),
    deprecated: text("deprecated"),
  },
  (table) => [
    uniqueIndex("versions_package_version").on(table.package, table.version),
    uniqueIndex("versions_release_id").on(table.releaseId),
    index("versions_dependencies").using("gin", table.dependencies),
    index("versions_optional_dependencies").using("gin", table.optionalDependencies),
    index("versions_unsequenced").on(table.id).where(sql`log_index is null`),
  ],
);

/** What people have set. `latest` is here only where somebody has pinned it. */
export const distTags = pgTable(
  "dist_tags",
  {
    package: text("package")
      .notNull()
      .references(() => packages.name),
    tag: text("tag").notNull(),
    version: text("version").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.package, table.tag] }),
    foreignKey({
      columns: [table.package, table.version],
      foreignColumns: [versions.package, versions.version],
    }),
  ],
);

/** What words find: one row for each package that has a version which is not yanked (search/write-entry.ts). */
export const searchEntries = pgTable(
  "search_entries",
  {
    package: text("package")
      .primaryKey()
      .references(() => packages.name),
    scope: text("scope").notNull(),
    /** Name, keywords and description as words (search/words.ts), for slips of the finger. */
    words: text("words").notNull(),
    /** The same, by weight: A the name, B the keywords, C the description. */
    vector: tsvector("vector").notNull(),
    /** Of the newest release that is not yanked. */
    releasedAt: moment("released_at").notNull(),
    /** As the package's. */
    isPrivate: boolean("is_private").notNull().default(false),
    /** What filters ask for (search/facets.ts), of all versions that are not yanked. */
    facets: text("facets").array().notNull().default(sql`'{}'::text[]`),
    /** Of all versions, ever (downloads/count.ts). */
    downloads: bigint("downloads", { mode: "number" }).notNull().default(0),
    /**
     * These three are written by the database itself whenever `facets` are (search/offers.ts): so they are right whichever
     * version of the registry wrote the row.
     */
    offers: jsonb("offers").notNull().default([]),
    tally: text("tally").notNull().default(""),
    lowestRank: integer("lowest_rank"),
  },
  (table) => [
    // Together: what asks for words and for facets then reads only the rows that have both.
    index("search_entries_matches").using("gin", table.vector, table.facets),
    index("search_entries_downloads").on(table.downloads.desc().nullsFirst(), table.package),
    index("search_entries_scope").on(table.scope),
    index("search_entries_released_at").on(table.releasedAt, table.package),
    index("search_entries_lowest_rank").on(table.lowestRank),
  ],
);

/**
 * What a package's versions that are not yanked work with: a row for each different adapter, and one without a base where
 * there is a bundle. Filters by base begin here: going through every version of every package would take too long.
 */
export const searchFits = pgTable(
  "search_fits",
  {
    package: text("package")
      .notNull()
      .references(() => packages.name),
    base: text("base"),
    architecture: text("architecture"),
    rank: integer("rank"),
  },
  (table) => [
    index("search_fits_package").on(table.package),
    index("search_fits_base").on(table.base, table.rank),
  ],
);

/**
 * All words of all entries, for slips of the finger: a slip is looked for among these, each of them once, and not in every
 * entry's text. Words whose entries are gone stay; they find nothing.
 */
export const searchWords = pgTable("search_words", { word: text("word").primaryKey() }, (table) => [
  index("search_words_trigrams").using("gin", table.word.op("gin_trgm_ops")),
]);

/** A number for each base that a package was ever for: many packages are summed up by it (search/tally.ts). */
export const searchBases = pgTable(
  "search_bases",
  {
    fingerprint: text("fingerprint").primaryKey(),
    id: integer("id").notNull().generatedAlwaysAsIdentity(),
  },
  (table) => [uniqueIndex("search_bases_id").on(table.id)],
);

/** Every blob that a published version refers to, and none else: what `/blobs/` may serve. */
export const blobs = pgTable("blobs", {
  sha256: text("sha256").primaryKey(),
  sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
  /** Every package that has it is private. */
  isPrivate: boolean("is_private").notNull().default(false),
  /** False until a version that has it is live: till then nobody sees it. */
  isLive: boolean("is_live").notNull().default(true),
});

export const versionFiles = pgTable(
  "version_files",
  {
    versionId: bigint("version_id", { mode: "number" })
      .notNull()
      .references(() => versions.id),
    name: text("name").notNull(),
    sha256: text("sha256")
      .notNull()
      .references(() => blobs.sha256),
  },
  (table) => [
    primaryKey({ columns: [table.versionId, table.name] }),
    index("version_files_sha256").on(table.sha256),
  ],
);

export const bases = pgTable("bases", {
  /** `lfp1:` and 64 hex digits. */
  fingerprint: text("fingerprint").primaryKey(),
  /** `/bases/<fingerprint>.json` as it is served. */
  recordText: text("record_text").notNull(),
  recordEtag: text("record_etag").notNull(),
  architecture: text("architecture").notNull().generatedAlwaysAs(sql`record_text::json ->> 'architecture'`),
});

export const adapters = pgTable(
  "adapters",
  {
    versionId: bigint("version_id", { mode: "number" }).notNull(),
    /** Place in the manifest's list, from 0. */
    position: integer("position").notNull(),
    file: text("file").notNull(),
    base: text("base")
      .notNull()
      .references(() => bases.fingerprint),
    /** The base's name as this release spells it. */
    baseName: text("base_name").notNull(),
    rank: integer("rank").notNull(),
    alpha: doublePrecision("alpha").notNull(),
    targets: jsonb("targets").$type<string[]>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.versionId, table.position] }),
    foreignKey({
      columns: [table.versionId, table.file],
      foreignColumns: [versionFiles.versionId, versionFiles.name],
    }),
    index("adapters_base").on(table.base),
  ],
);
