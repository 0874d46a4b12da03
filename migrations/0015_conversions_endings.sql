ALTER TABLE "conversion_goals" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "postback_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "conversion_counts_quarter" ON "conversion_counts" USING btree ("goal_id","quarter");--> statement-breakpoint
CREATE INDEX "conversion_goals_deleted_at" ON "conversion_goals" USING btree ("deleted_at") WHERE deleted_at is not null;