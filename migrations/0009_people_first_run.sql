ALTER TABLE "invitations" ADD COLUMN "token_sealed" "bytea";--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "hides_setup" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "token_sealed" "bytea";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "deletion_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "deletion_warned_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "deletion_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "deletion_warned_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "users_deletion_at" ON "users" USING btree ("deletion_at") WHERE deletion_at is not null;--> statement-breakpoint
CREATE INDEX "workspaces_deletion_at" ON "workspaces" USING btree ("deletion_at") WHERE deletion_at is not null;