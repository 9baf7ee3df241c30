CREATE TABLE "search_fits" (
	"package" text NOT NULL,
	"base" text,
	"architecture" text,
	"rank" integer
);
--> statement-breakpoint
ALTER TABLE "search_fits" ADD CONSTRAINT "search_fits_package_packages_name_fk" FOREIGN KEY ("package") REFERENCES "public"."packages"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "search_fits_package" ON "search_fits" USING btree ("package");--> statement-breakpoint
CREATE INDEX "search_fits_base" ON "search_fits" USING btree ("base","rank");
--> statement-breakpoint
INSERT INTO "search_fits" ("package", "base", "architecture", "rank")
SELECT DISTINCT "versions"."package", "adapters"."base", "bases"."architecture", "adapters"."rank"
FROM "versions"
LEFT JOIN "adapters" ON "adapters"."version_id" = "versions"."id"
LEFT JOIN "bases" ON "bases"."fingerprint" = "adapters"."base"
WHERE "versions"."yanked" IS NULL;
