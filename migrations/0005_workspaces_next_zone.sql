ALTER TABLE "hit_batches" ADD COLUMN "refused_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "next_time_zone" text;--> statement-breakpoint
CREATE INDEX "workspaces_moving" ON "workspaces" USING btree ("id") WHERE next_time_zone is not null;