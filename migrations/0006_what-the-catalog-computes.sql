CREATE TABLE "weight_changes" (
	"from_sha256" text NOT NULL,
	"to_sha256" text NOT NULL,
	"change" jsonb NOT NULL,
	CONSTRAINT "weight_changes_from_sha256_to_sha256_pk" PRIMARY KEY("from_sha256","to_sha256")
);
--> statement-breakpoint
CREATE INDEX "versions_dependencies" ON "versions" USING gin ("dependencies");--> statement-breakpoint
CREATE INDEX "versions_optional_dependencies" ON "versions" USING gin ("optional_dependencies");