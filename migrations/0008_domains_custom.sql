CREATE TABLE "invitations" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"email" text NOT NULL,
	"role" text NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"invited_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "invitations_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "invitations_email" UNIQUE("workspace_id","email")
);
--> statement-breakpoint
ALTER TABLE "domains" DROP CONSTRAINT "domains_host_unique";--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "state" text DEFAULT 'live' NOT NULL;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "proof_token" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "proved_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "checked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "failing_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "warned_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "fault" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "root_url" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "not_found_url" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "expired_url" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "brand_name" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "brand_color" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "redirect_status" smallint DEFAULT 302 NOT NULL;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "referrer_policy" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "is_indexed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "robots_txt" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "apple_app_site_association" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "asset_links" text;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "default_domain_id" text;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_invited_by_users_id_fk" FOREIGN KEY ("invited_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspaces" ADD CONSTRAINT "workspaces_default_domain_id_domains_id_fk" FOREIGN KEY ("default_domain_id") REFERENCES "public"."domains"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "domains_host" ON "domains" USING btree ("host") WHERE "domains"."state" in ('live', 'paused');--> statement-breakpoint
ALTER TABLE "domains" ADD CONSTRAINT "domains_claim" UNIQUE("workspace_id","host");