ALTER TABLE "mailings" DROP CONSTRAINT "mailings_one_of_a_kind";--> statement-breakpoint
ALTER TABLE "mailings" ADD COLUMN "filters" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "filters" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_one_of_a_kind" UNIQUE NULLS NOT DISTINCT("workspace_id","link_id","campaign_id","tag_id","filters","every","recipient");