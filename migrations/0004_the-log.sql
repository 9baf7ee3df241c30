CREATE TABLE "log_checkpoints" (
	"size" bigint PRIMARY KEY NOT NULL,
	"root" text NOT NULL,
	"note" text NOT NULL,
	"cosigned_at" timestamp (3) with time zone NOT NULL,
	"witnessed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "log_entries" (
	"index" bigint PRIMARY KEY NOT NULL,
	"pending_id" bigint NOT NULL,
	"subject" text NOT NULL,
	"seq" integer NOT NULL,
	"entry" text NOT NULL,
	"receipt" text NOT NULL,
	"sequenced_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_hashes" (
	"level" integer NOT NULL,
	"index" bigint NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "log_hashes_level_index_pk" PRIMARY KEY("level","index")
);
--> statement-breakpoint
CREATE TABLE "log_pending" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "log_pending_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"subject" text NOT NULL,
	"entry" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "blobs" ADD COLUMN "is_live" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "scope_keys" ADD COLUMN "added_by" text;--> statement-breakpoint
ALTER TABLE "scope_keys" ADD COLUMN "statement" text;--> statement-breakpoint
ALTER TABLE "scope_keys" ADD COLUMN "log_index" bigint;--> statement-breakpoint
ALTER TABLE "scope_keys" ADD COLUMN "not_before" bigint;--> statement-breakpoint
ALTER TABLE "scope_keys" ADD COLUMN "revoked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "scope_keys" ADD COLUMN "valid_before" bigint;--> statement-breakpoint
ALTER TABLE "scope_keys" ADD COLUMN "revoked_index" bigint;--> statement-breakpoint
ALTER TABLE "scopes" ADD COLUMN "log_index" bigint;--> statement-breakpoint
ALTER TABLE "versions" ADD COLUMN "log_index" bigint;--> statement-breakpoint
CREATE UNIQUE INDEX "log_entries_pending_id" ON "log_entries" USING btree ("pending_id");--> statement-breakpoint
CREATE UNIQUE INDEX "log_entries_subject_seq" ON "log_entries" USING btree ("subject","seq");--> statement-breakpoint
CREATE INDEX "log_pending_subject" ON "log_pending" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "versions_unsequenced" ON "versions" USING btree ("id") WHERE log_index is null;