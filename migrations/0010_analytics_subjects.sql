CREATE TABLE "rolled_up_dimensions" (
	"name" text PRIMARY KEY NOT NULL,
	"rolled_up_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "saved_views" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"name_key" text NOT NULL,
	"address" text NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "saved_views_name" UNIQUE("workspace_id","name_key")
);
--> statement-breakpoint
ALTER TABLE "mailings" DROP CONSTRAINT "mailings_one_of_a_kind";--> statement-breakpoint
ALTER TABLE "clicks" ADD COLUMN "domain_id" text;--> statement-breakpoint
ALTER TABLE "clicks_pending" ADD COLUMN "domain_id" text;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "is_case_sensitive" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "logo" "bytea";--> statement-breakpoint
ALTER TABLE "domains" ADD COLUMN "logo_type" text;--> statement-breakpoint
ALTER TABLE "mailings" ADD COLUMN "campaign_id" text;--> statement-breakpoint
ALTER TABLE "mailings" ADD COLUMN "tag_id" text;--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "campaign_id" text;--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "tag_id" text;--> statement-breakpoint
ALTER TABLE "saved_views" ADD CONSTRAINT "saved_views_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_views" ADD CONSTRAINT "saved_views_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_tag_id_tags_id_fk" FOREIGN KEY ("tag_id") REFERENCES "public"."tags"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_tag_id_tags_id_fk" FOREIGN KEY ("tag_id") REFERENCES "public"."tags"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_one_of_a_kind" UNIQUE NULLS NOT DISTINCT("workspace_id","link_id","campaign_id","tag_id","every","recipient");--> statement-breakpoint
-- Slugs never move to another domain, so that what is there can be told by its slug.
UPDATE "clicks" c SET "domain_id" = s."domain_id" FROM "slugs" s WHERE s."id" = c."slug_id";--> statement-breakpoint
UPDATE "clicks_pending" c SET "domain_id" = s."domain_id" FROM "slugs" s WHERE s."id" = c."slug_id";--> statement-breakpoint
-- What was rolled up until now; dimensions that are newer are counted at the next start.
INSERT INTO "rolled_up_dimensions" ("name") VALUES
  ('class'), ('reason'), ('link'), ('country'), ('region'), ('city'), ('device'), ('os'), ('browser'), ('referrer'),
  ('channel'), ('language'), ('utm_campaign'), ('utm_source'), ('utm_medium'), ('utm_term'), ('utm_content');
