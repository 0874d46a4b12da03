CREATE TABLE "schema_support" (
	"schema" bigint PRIMARY KEY NOT NULL,
	"oldest_program" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "lost_time_zone" text;