CREATE TABLE "takedowns" (
	"version_id" bigint PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"taken_down_at" timestamp (3) with time zone NOT NULL,
	"log_index" bigint
);
--> statement-breakpoint
ALTER TABLE "takedowns" ADD CONSTRAINT "takedowns_version_id_versions_id_fk" FOREIGN KEY ("version_id") REFERENCES "public"."versions"("id") ON DELETE no action ON UPDATE no action;