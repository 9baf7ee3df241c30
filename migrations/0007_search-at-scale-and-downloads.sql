CREATE TABLE "download_clients" (
	"day" date NOT NULL,
	"package" text NOT NULL,
	"version" text NOT NULL,
	"client" text NOT NULL,
	CONSTRAINT "download_clients_day_package_version_client_pk" PRIMARY KEY("day","package","version","client")
);
--> statement-breakpoint
CREATE TABLE "downloads" (
	"package" text NOT NULL,
	"version" text NOT NULL,
	"day" date NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "downloads_package_day_version_pk" PRIMARY KEY("package","day","version")
);
--> statement-breakpoint
CREATE TABLE "search_words" (
	"word" text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
DROP INDEX "search_entries_vector";--> statement-breakpoint
DROP INDEX "search_entries_words";--> statement-breakpoint
ALTER TABLE "search_entries" ADD COLUMN "facets" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "search_entries" ADD COLUMN "downloads" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "search_words_trigrams" ON "search_words" USING gin ("word" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "search_entries_matches" ON "search_entries" USING gin ("vector","facets");--> statement-breakpoint
CREATE INDEX "search_entries_downloads" ON "search_entries" USING btree ("downloads" DESC NULLS FIRST,"package");--> statement-breakpoint
INSERT INTO "search_words" SELECT DISTINCT w FROM "search_entries", regexp_split_to_table("words", ' ') AS w WHERE w <> '' ON CONFLICT DO NOTHING;--> statement-breakpoint
UPDATE "search_entries" AS e SET "facets" = array(
  SELECT 'l:' || lower(v.license) FROM "versions" AS v
    WHERE v.package = e.package AND v.yanked IS NULL AND v.log_index IS NOT NULL AND v.license IS NOT NULL
  UNION SELECT 'k:' || lower(k) FROM "versions" AS v, jsonb_array_elements_text(v.keywords) AS k
    WHERE v.package = e.package AND v.yanked IS NULL AND v.log_index IS NOT NULL
  UNION SELECT CASE WHEN f.base IS NULL THEN 'bundle' ELSE 'b:' || f.base END FROM "search_fits" AS f WHERE f.package = e.package
  UNION SELECT 'a:' || f.architecture FROM "search_fits" AS f WHERE f.package = e.package AND f.architecture IS NOT NULL
  UNION SELECT 'n:' || w FROM regexp_split_to_table(e.package, '[^a-z0-9]+') AS w WHERE w <> ''
  UNION SELECT 'e:' || btrim(regexp_replace(split_part(e.package, '/', 2), '[^a-z0-9]+', ' ', 'g')));
