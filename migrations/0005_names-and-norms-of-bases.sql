CREATE TABLE "base_names" (
	"fingerprint" text NOT NULL,
	"name" text NOT NULL,
	"folded" text NOT NULL,
	CONSTRAINT "base_names_fingerprint_name_pk" PRIMARY KEY("fingerprint","name")
);
--> statement-breakpoint
CREATE TABLE "base_norms" (
	"fingerprint" text PRIMARY KEY NOT NULL,
	"content" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "same_bases" (
	"first" text NOT NULL,
	"second" text NOT NULL,
	"declared_at" timestamp (3) with time zone NOT NULL,
	"pending_id" bigint NOT NULL,
	CONSTRAINT "same_bases_first_second_pk" PRIMARY KEY("first","second")
);
--> statement-breakpoint
ALTER TABLE "base_names" ADD CONSTRAINT "base_names_fingerprint_bases_fingerprint_fk" FOREIGN KEY ("fingerprint") REFERENCES "public"."bases"("fingerprint") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "base_norms" ADD CONSTRAINT "base_norms_fingerprint_bases_fingerprint_fk" FOREIGN KEY ("fingerprint") REFERENCES "public"."bases"("fingerprint") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "same_bases" ADD CONSTRAINT "same_bases_first_bases_fingerprint_fk" FOREIGN KEY ("first") REFERENCES "public"."bases"("fingerprint") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "same_bases" ADD CONSTRAINT "same_bases_second_bases_fingerprint_fk" FOREIGN KEY ("second") REFERENCES "public"."bases"("fingerprint") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "base_names_folded" ON "base_names" USING btree ("folded");--> statement-breakpoint
CREATE INDEX "same_bases_second" ON "same_bases" USING btree ("second");--> statement-breakpoint
INSERT INTO "base_names" ("fingerprint", "name", "folded")
SELECT DISTINCT "bases"."fingerprint", "names"."name", lower("names"."name")
FROM "bases", json_array_elements_text("bases"."record_text"::json -> 'names') AS "names" ("name");