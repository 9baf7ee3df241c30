CREATE TABLE "adapters" (
	"version_id" bigint NOT NULL,
	"position" integer NOT NULL,
	"file" text NOT NULL,
	"base" text NOT NULL,
	"base_name" text NOT NULL,
	"rank" integer NOT NULL,
	"alpha" double precision NOT NULL,
	"targets" jsonb NOT NULL,
	CONSTRAINT "adapters_version_id_position_pk" PRIMARY KEY("version_id","position")
);
--> statement-breakpoint
CREATE TABLE "bases" (
	"fingerprint" text PRIMARY KEY NOT NULL,
	"record_text" text NOT NULL,
	"record_etag" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "blobs" (
	"sha256" text PRIMARY KEY NOT NULL,
	"size_bytes" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "packages" (
	"name" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"index_text" text NOT NULL,
	"index_etag" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "scope_keys" (
	"scope" text NOT NULL,
	"key_id" text NOT NULL,
	"pem" text NOT NULL,
	"added_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "scope_keys_scope_key_id_pk" PRIMARY KEY("scope","key_id")
);
--> statement-breakpoint
CREATE TABLE "scopes" (
	"name" text PRIMARY KEY NOT NULL,
	"skeleton" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tokens" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tokens_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"hash" text NOT NULL,
	"name" text NOT NULL,
	"actions" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "version_files" (
	"version_id" bigint NOT NULL,
	"name" text NOT NULL,
	"sha256" text NOT NULL,
	CONSTRAINT "version_files_version_id_name_pk" PRIMARY KEY("version_id","name")
);
--> statement-breakpoint
CREATE TABLE "versions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "versions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"package" text NOT NULL,
	"version" text NOT NULL,
	"release_id" text NOT NULL,
	"key_id" text NOT NULL,
	"bundle" text NOT NULL,
	"published_at" timestamp (3) with time zone NOT NULL,
	"scale" double precision,
	"dependencies" jsonb NOT NULL,
	"optional_dependencies" jsonb NOT NULL,
	"conflicts" jsonb NOT NULL,
	"yanked" text,
	"deprecated" text
);
--> statement-breakpoint
ALTER TABLE "adapters" ADD CONSTRAINT "adapters_base_bases_fingerprint_fk" FOREIGN KEY ("base") REFERENCES "public"."bases"("fingerprint") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "adapters" ADD CONSTRAINT "adapters_version_id_file_version_files_version_id_name_fk" FOREIGN KEY ("version_id","file") REFERENCES "public"."version_files"("version_id","name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "packages" ADD CONSTRAINT "packages_scope_scopes_name_fk" FOREIGN KEY ("scope") REFERENCES "public"."scopes"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scope_keys" ADD CONSTRAINT "scope_keys_scope_scopes_name_fk" FOREIGN KEY ("scope") REFERENCES "public"."scopes"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "version_files" ADD CONSTRAINT "version_files_version_id_versions_id_fk" FOREIGN KEY ("version_id") REFERENCES "public"."versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "version_files" ADD CONSTRAINT "version_files_sha256_blobs_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."blobs"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "versions" ADD CONSTRAINT "versions_package_packages_name_fk" FOREIGN KEY ("package") REFERENCES "public"."packages"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "adapters_base" ON "adapters" USING btree ("base");--> statement-breakpoint
CREATE INDEX "packages_scope" ON "packages" USING btree ("scope");--> statement-breakpoint
CREATE UNIQUE INDEX "scopes_skeleton" ON "scopes" USING btree ("skeleton");--> statement-breakpoint
CREATE UNIQUE INDEX "tokens_hash" ON "tokens" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "version_files_sha256" ON "version_files" USING btree ("sha256");--> statement-breakpoint
CREATE UNIQUE INDEX "versions_package_version" ON "versions" USING btree ("package","version");--> statement-breakpoint
CREATE UNIQUE INDEX "versions_release_id" ON "versions" USING btree ("release_id");