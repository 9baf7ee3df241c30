CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
CREATE TABLE "dist_tags" (
	"package" text NOT NULL,
	"tag" text NOT NULL,
	"version" text NOT NULL,
	CONSTRAINT "dist_tags_package_tag_pk" PRIMARY KEY("package","tag")
);
--> statement-breakpoint
CREATE TABLE "search_entries" (
	"package" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"words" text NOT NULL,
	"vector" "tsvector" NOT NULL,
	"released_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "bases" ADD COLUMN "architecture" text GENERATED ALWAYS AS (record_text::json ->> 'architecture') STORED NOT NULL;--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "description" text;--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "license" text;--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "keywords" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "dist_tags" ADD CONSTRAINT "dist_tags_package_packages_name_fk" FOREIGN KEY ("package") REFERENCES "public"."packages"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dist_tags" ADD CONSTRAINT "dist_tags_package_version_versions_package_version_fk" FOREIGN KEY ("package","version") REFERENCES "public"."versions"("package","version") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "search_entries" ADD CONSTRAINT "search_entries_package_packages_name_fk" FOREIGN KEY ("package") REFERENCES "public"."packages"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "search_entries_vector" ON "search_entries" USING gin ("vector");--> statement-breakpoint
CREATE INDEX "search_entries_words" ON "search_entries" USING gin ("words" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "search_entries_scope" ON "search_entries" USING btree ("scope");--> statement-breakpoint
CREATE INDEX "search_entries_released_at" ON "search_entries" USING btree ("released_at","package");
--> statement-breakpoint
-- Packages that were there before are found by their names, until their next release says more.
INSERT INTO "search_entries" ("package", "scope", "words", "vector", "released_at")
SELECT
	"packages"."name",
	"packages"."scope",
	translate(substr("packages"."name", 2), '/-._', '    '),
	setweight(to_tsvector('simple', translate(substr("packages"."name", 2), '/-._', '    ')), 'A'),
	max("versions"."published_at")
FROM "packages" JOIN "versions" ON "versions"."package" = "packages"."name"
WHERE "versions"."yanked" IS NULL
GROUP BY "packages"."name", "packages"."scope";
