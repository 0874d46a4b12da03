-- A database of commit f012230 has these, and what `0004` makes, from migrations of other instants.
ALTER TABLE "hit_batches" ADD COLUMN IF NOT EXISTS "refused_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN IF NOT EXISTS "next_time_zone" text;--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "workspaces_moving" ON "workspaces" USING btree ("id") WHERE next_time_zone is not null;