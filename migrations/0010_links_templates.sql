CREATE TABLE "link_template_tags" (
	"template_id" text NOT NULL,
	"tag_id" text NOT NULL,
	CONSTRAINT "link_template_tags_template_id_tag_id_pk" PRIMARY KEY("template_id","tag_id")
);
--> statement-breakpoint
CREATE TABLE "link_templates" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"name_key" text NOT NULL,
	"domain_id" text,
	"campaign_id" text,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "link_templates_name" UNIQUE("workspace_id","name_key")
);
--> statement-breakpoint
ALTER TABLE "link_template_tags" ADD CONSTRAINT "link_template_tags_template_id_link_templates_id_fk" FOREIGN KEY ("template_id") REFERENCES "public"."link_templates"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_template_tags" ADD CONSTRAINT "link_template_tags_tag_id_tags_id_fk" FOREIGN KEY ("tag_id") REFERENCES "public"."tags"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_templates" ADD CONSTRAINT "link_templates_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_templates" ADD CONSTRAINT "link_templates_domain_id_domains_id_fk" FOREIGN KEY ("domain_id") REFERENCES "public"."domains"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_templates" ADD CONSTRAINT "link_templates_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_templates" ADD CONSTRAINT "link_templates_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "link_template_tags_tag_id" ON "link_template_tags" USING btree ("tag_id");--> statement-breakpoint
CREATE INDEX "link_templates_campaign_id" ON "link_templates" USING btree ("campaign_id") WHERE "link_templates"."campaign_id" is not null;--> statement-breakpoint
-- Where an address leads, in 16 bytes that are the same for two spellings of it: without its scheme, a usual port and the
-- case of its host, and with the slash of a bare host. Without patterns that capture: they cost five times as much.
CREATE FUNCTION destination_key(url text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  rest text := substr(url, strpos(url, '//') + 2);
  host text := split_part(translate(rest, '?#', '//'), '/', 1);
  tail text := substr(rest, length(host) + 1);
BEGIN
  IF tail NOT LIKE '/%' THEN
    tail := '/' || tail;
  END IF;
  RETURN md5(regexp_replace(lower(host), ':(80|443)$', '') || tail)::uuid;
END
$$;--> statement-breakpoint
DO $$
BEGIN
  -- Where there are links, the job of the search texts makes it, while others write.
  IF NOT EXISTS (SELECT FROM links) THEN
    CREATE INDEX IF NOT EXISTS links_search_destination ON links USING btree (workspace_id, destination_key(url), created_at DESC)
      WHERE deleted_at IS NULL;
  END IF;
END
$$;
