CREATE TABLE "search_bases" (
	"fingerprint" text PRIMARY KEY NOT NULL,
	"id" integer GENERATED ALWAYS AS IDENTITY (sequence name "search_bases_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1)
);
--> statement-breakpoint
ALTER TABLE "search_entries" ADD COLUMN "offers" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "search_entries" ADD COLUMN "tally" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "search_entries" ADD COLUMN "lowest_rank" integer;--> statement-breakpoint
CREATE UNIQUE INDEX "search_bases_id" ON "search_bases" USING btree ("id");--> statement-breakpoint
CREATE INDEX "search_entries_lowest_rank" ON "search_entries" USING btree ("lowest_rank");--> statement-breakpoint
CREATE FUNCTION "write_search_offers"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "search_bases" ("fingerprint")
    SELECT DISTINCT f.base FROM "search_fits" AS f
      WHERE f.package = NEW.package AND f.base IS NOT NULL
        AND NOT EXISTS (SELECT FROM "search_bases" AS b WHERE b.fingerprint = f.base)
      ORDER BY f.base
    ON CONFLICT DO NOTHING;
  WITH "offer" AS (
    SELECT DISTINCT lower(v.license) AS license, lower(v.keywords::text)::jsonb AS keywords,
        a.base, s.id AS base_id, b.architecture, a.rank
      FROM "versions" AS v
        LEFT JOIN "adapters" AS a ON a.version_id = v.id
        LEFT JOIN "bases" AS b ON b.fingerprint = a.base
        LEFT JOIN "search_bases" AS s ON s.fingerprint = a.base
      WHERE v.package = NEW.package AND v.yanked IS NULL AND v.log_index IS NOT NULL)
  SELECT
      coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'l', license, 'k', keywords, 'b', base, 'a', architecture, 'r', rank))), '[]'),
      coalesce(string_agg(DISTINCT concat(license, E'\t', base_id, E'\t', architecture, E'\t', rank), E'\n'), ''),
      min(coalesce(rank, 0))
    INTO NEW.offers, NEW.tally, NEW.lowest_rank FROM "offer";
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER "search_entries_offers" BEFORE UPDATE OF "facets" ON "search_entries"
  FOR EACH ROW EXECUTE FUNCTION "write_search_offers"();--> statement-breakpoint
UPDATE "search_entries" SET "facets" = "facets";
