-- All that versions before it made in 21 steps. A database that has them takes this one for done (src/ground/db/schema-support.ts).
-- Columns stand in the order in which they came, so that an old database and a new one are alike to the byte of a dump.
CREATE TABLE "accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"provider_id" text NOT NULL,
	"user_id" text NOT NULL,
	"access_token" text,
	"refresh_token" text,
	"id_token" text,
	"access_token_expires_at" timestamp with time zone,
	"refresh_token_expires_at" timestamp with time zone,
	"scope" text,
	"password" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "agent_shapes" (
	"id" bigint PRIMARY KEY NOT NULL,
	"shape" text NOT NULL,
	"last_seen_on" date NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"created_by" text,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"prefix" text NOT NULL,
	"last_used_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "api_keys_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "campaigns" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"name_key" text NOT NULL,
	"starts_on" date,
	"ends_on" date,
	"goal" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "campaigns_name" UNIQUE("workspace_id","name_key")
);
--> statement-breakpoint
CREATE TABLE "chart_notes" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text,
	"at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"moved" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "click_counts_daily" (
	"scope_id" text NOT NULL,
	"day" date NOT NULL,
	"dimension" text NOT NULL,
	"value" text NOT NULL,
	"clicks" bigint NOT NULL,
	"visitors" bigint NOT NULL,
	CONSTRAINT "click_counts_daily_scope_id_day_dimension_value_pk" PRIMARY KEY("scope_id","day","dimension","value")
) WITH (fillfactor = 70);
--> statement-breakpoint
CREATE TABLE "click_counts_monthly" (
	"scope_id" text NOT NULL,
	"month" date NOT NULL,
	"dimension" text NOT NULL,
	"value" text NOT NULL,
	"clicks" bigint NOT NULL,
	"visitors" bigint NOT NULL,
	CONSTRAINT "click_counts_monthly_scope_id_month_dimension_value_pk" PRIMARY KEY("scope_id","month","dimension","value")
) WITH (fillfactor = 70);
--> statement-breakpoint
CREATE TABLE "click_totals_hourly" (
	"scope_id" text NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"class" text NOT NULL,
	"hits" bigint NOT NULL,
	"visitors" bigint NOT NULL,
	CONSTRAINT "click_totals_hourly_scope_id_hour_class_pk" PRIMARY KEY("scope_id","hour","class")
) WITH (fillfactor = 70);
--> statement-breakpoint
CREATE TABLE "clicks" (
	"id" bigint NOT NULL,
	"clicked_at" timestamp with time zone NOT NULL,
	"link_id" text NOT NULL,
	"slug_id" text NOT NULL,
	"workspace_id" text NOT NULL,
	"class" text NOT NULL,
	"reason" text NOT NULL,
	"rules_version" smallint NOT NULL,
	"signals" smallint DEFAULT 0 NOT NULL,
	"network" text,
	"country" text,
	"region" text,
	"city" text,
	"device" text,
	"os" text,
	"browser" text,
	"language" text,
	"referrer" text,
	"channel" text NOT NULL,
	"utm_source" text,
	"utm_medium" text,
	"utm_campaign" text,
	"utm_term" text,
	"utm_content" text,
	"agent_id" bigint,
	"visitor_key" bigint,
	"is_first_on_link" boolean NOT NULL,
	"is_first_in_workspace" boolean NOT NULL,
	"domain_id" text,
	CONSTRAINT "clicks_link_id_clicked_at_id_pk" PRIMARY KEY("link_id","clicked_at","id")
) PARTITION BY RANGE ("clicked_at");
--> statement-breakpoint
CREATE TABLE "clicks_pending" (
	"id" bigint NOT NULL,
	"clicked_at" timestamp with time zone NOT NULL,
	"link_id" text NOT NULL,
	"slug_id" text NOT NULL,
	"workspace_id" text NOT NULL,
	"class" text NOT NULL,
	"reason" text NOT NULL,
	"rules_version" smallint NOT NULL,
	"signals" smallint DEFAULT 0 NOT NULL,
	"network" text,
	"country" text,
	"region" text,
	"city" text,
	"device" text,
	"os" text,
	"browser" text,
	"language" text,
	"referrer" text,
	"channel" text NOT NULL,
	"utm_source" text,
	"utm_medium" text,
	"utm_campaign" text,
	"utm_term" text,
	"utm_content" text,
	"agent_id" bigint,
	"visitor_key" bigint,
	"is_first_on_link" boolean NOT NULL,
	"is_first_in_workspace" boolean NOT NULL,
	"domain_id" text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
--> statement-breakpoint
CREATE TABLE "domains" (
	"id" text PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"scheme" text DEFAULT 'https' NOT NULL,
	"workspace_id" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"state" text DEFAULT 'live' NOT NULL,
	"proof_token" text,
	"proved_at" timestamp with time zone,
	"checked_at" timestamp with time zone,
	"failing_since" timestamp with time zone,
	"warned_at" timestamp with time zone,
	"fault" text,
	"root_url" text,
	"not_found_url" text,
	"expired_url" text,
	"brand_name" text,
	"brand_color" text,
	"redirect_status" smallint DEFAULT 302 NOT NULL,
	"referrer_policy" text,
	"is_indexed" boolean DEFAULT false NOT NULL,
	"robots_txt" text,
	"apple_app_site_association" text,
	"asset_links" text,
	"is_case_sensitive" boolean DEFAULT false NOT NULL,
	"logo" "bytea",
	"logo_type" text,
	CONSTRAINT "domains_claim" UNIQUE("workspace_id","host")
);
--> statement-breakpoint
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
CREATE TABLE "link_tags" (
	"link_id" text NOT NULL,
	"tag_id" text NOT NULL,
	CONSTRAINT "link_tags_link_id_tag_id_pk" PRIMARY KEY("link_id","tag_id")
);
--> statement-breakpoint
CREATE TABLE "link_totals" (
	"link_id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"clicks" bigint NOT NULL,
	"visitors" bigint NOT NULL,
	"hits" bigint NOT NULL,
	"first_hit_at" timestamp with time zone NOT NULL,
	"last_click_at" timestamp with time zone,
	"is_busy" boolean DEFAULT false NOT NULL
) WITH (fillfactor = 70);
--> statement-breakpoint
CREATE TABLE "links" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"url" text NOT NULL,
	"title" text,
	"campaign_id" text,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	"search_text" text
);
--> statement-breakpoint
CREATE TABLE "mailings" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"link_id" text,
	"every" text NOT NULL,
	"recipient" text NOT NULL,
	"created_by" text,
	"confirmed_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"campaign_id" text,
	"tag_id" text,
	"filters" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "mailings_one_of_a_kind" UNIQUE NULLS NOT DISTINCT("workspace_id","link_id","campaign_id","tag_id","filters","every","recipient")
);
--> statement-breakpoint
CREATE TABLE "mailings_sent" (
	"mailing_id" text NOT NULL,
	"period" date NOT NULL,
	"sent_at" timestamp with time zone DEFAULT now() NOT NULL,
	"mail_id" integer,
	"is_sent" boolean DEFAULT true NOT NULL,
	CONSTRAINT "mailings_sent_mailing_id_period_pk" PRIMARY KEY("mailing_id","period")
);
--> statement-breakpoint
CREATE TABLE "mails" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "mails_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"recipient" text NOT NULL,
	"subject" text NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"html" text,
	"headers" jsonb,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_try_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"error" text,
	"expires_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "members" (
	"workspace_id" text NOT NULL,
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"last_opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "members_workspace_id_user_id_pk" PRIMARY KEY("workspace_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "reclassifications" (
	"id" text PRIMARY KEY NOT NULL,
	"rules_version" smallint NOT NULL,
	"since" timestamp with time zone,
	"started_at" timestamp with time zone NOT NULL,
	"done_workspace_id" text DEFAULT '' NOT NULL,
	"done_until" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "report_notes" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"link_id" text,
	"at" timestamp with time zone NOT NULL,
	"text" text NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
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
CREATE TABLE "schema_support" (
	"schema" bigint PRIMARY KEY NOT NULL,
	"oldest_program" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sent_forms" (
	"key" "bytea" PRIMARY KEY NOT NULL,
	"made" jsonb,
	"sent_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"token" text NOT NULL,
	"ip_address" text,
	"user_agent" text,
	"user_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sessions_token_unique" UNIQUE("token")
);
--> statement-breakpoint
CREATE TABLE "shares" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"link_id" text,
	"title" text NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"parts" jsonb NOT NULL,
	"password_hash" text,
	"expires_at" timestamp with time zone,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"campaign_id" text,
	"tag_id" text,
	"filters" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "shares_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "slugs" (
	"id" text PRIMARY KEY NOT NULL,
	"domain_id" text NOT NULL,
	"slug_key" text NOT NULL,
	"slug" text NOT NULL,
	"kind" text NOT NULL,
	"link_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "slugs_domain_id_slug_key" UNIQUE("domain_id","slug_key")
);
--> statement-breakpoint
CREATE TABLE "tags" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"name_key" text NOT NULL,
	"colour" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tags_name" UNIQUE("workspace_id","name_key")
);
--> statement-breakpoint
CREATE TABLE "tries" (
	"key" "bytea" PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"ends_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"email_verified" boolean DEFAULT false NOT NULL,
	"image" text,
	"is_admin" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "verifications" (
	"id" text PRIMARY KEY NOT NULL,
	"identifier" text NOT NULL,
	"value" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "visitor_salts" (
	"day" date PRIMARY KEY NOT NULL,
	"salt" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "visitors_seen" (
	"visitor_key" bigint NOT NULL,
	"link_id" text NOT NULL,
	"day" date NOT NULL,
	CONSTRAINT "visitors_seen_visitor_key_link_id_pk" PRIMARY KEY("visitor_key","link_id")
);
--> statement-breakpoint
CREATE TABLE "workspaces" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"time_zone" text DEFAULT 'UTC' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"default_domain_id" text,
	"has_search_texts" boolean DEFAULT true NOT NULL,
	"deleted_at" timestamp with time zone,
	"lost_time_zone" text,
	"week_starts_on" smallint DEFAULT 1 NOT NULL,
	"own_networks" text DEFAULT '' NOT NULL,
	CONSTRAINT "workspaces_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chart_notes" ADD CONSTRAINT "chart_notes_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "domains" ADD CONSTRAINT "domains_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_invited_by_users_id_fk" FOREIGN KEY ("invited_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_tags" ADD CONSTRAINT "link_tags_link_id_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_tags" ADD CONSTRAINT "link_tags_tag_id_tags_id_fk" FOREIGN KEY ("tag_id") REFERENCES "public"."tags"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_link_id_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_tag_id_tags_id_fk" FOREIGN KEY ("tag_id") REFERENCES "public"."tags"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings" ADD CONSTRAINT "mailings_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings_sent" ADD CONSTRAINT "mailings_sent_mailing_id_mailings_id_fk" FOREIGN KEY ("mailing_id") REFERENCES "public"."mailings"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailings_sent" ADD CONSTRAINT "mailings_sent_mail_id_mails_id_fk" FOREIGN KEY ("mail_id") REFERENCES "public"."mails"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "report_notes" ADD CONSTRAINT "report_notes_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "report_notes" ADD CONSTRAINT "report_notes_link_id_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "report_notes" ADD CONSTRAINT "report_notes_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_views" ADD CONSTRAINT "saved_views_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_views" ADD CONSTRAINT "saved_views_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_link_id_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_campaign_id_campaigns_id_fk" FOREIGN KEY ("campaign_id") REFERENCES "public"."campaigns"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_tag_id_tags_id_fk" FOREIGN KEY ("tag_id") REFERENCES "public"."tags"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "slugs" ADD CONSTRAINT "slugs_domain_id_domains_id_fk" FOREIGN KEY ("domain_id") REFERENCES "public"."domains"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "slugs" ADD CONSTRAINT "slugs_link_id_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."links"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tags" ADD CONSTRAINT "tags_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspaces" ADD CONSTRAINT "workspaces_default_domain_id_domains_id_fk" FOREIGN KEY ("default_domain_id") REFERENCES "public"."domains"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "accounts_user_id" ON "accounts" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "api_keys_workspace_id" ON "api_keys" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX "chart_notes_workspace_id" ON "chart_notes" USING btree ("workspace_id","at");--> statement-breakpoint
CREATE INDEX "clicks_workspace" ON "clicks" USING btree ("workspace_id","clicked_at");--> statement-breakpoint
CREATE UNIQUE INDEX "domains_one_of_the_instance" ON "domains" USING btree ((true)) WHERE "domains"."workspace_id" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "domains_host" ON "domains" USING btree ("host") WHERE "domains"."state" in ('live', 'paused');--> statement-breakpoint
CREATE INDEX "link_tags_tag_id" ON "link_tags" USING btree ("tag_id");--> statement-breakpoint
CREATE INDEX "link_totals_clicks" ON "link_totals" USING btree ("workspace_id","clicks" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "link_totals_last_click" ON "link_totals" USING btree ("workspace_id","last_click_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "link_totals_busy" ON "link_totals" USING btree ("link_id") WHERE is_busy;--> statement-breakpoint
CREATE INDEX "links_states" ON "links" USING btree ("workspace_id","archived_at","id") WHERE "links"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "links_deleted" ON "links" USING btree ("workspace_id","id") WHERE "links"."deleted_at" is not null;--> statement-breakpoint
CREATE INDEX "links_newest" ON "links" USING btree ("workspace_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "links_campaign_id" ON "links" USING btree ("campaign_id") WHERE "links"."campaign_id" is not null;--> statement-breakpoint
CREATE INDEX "mailings_sent_mail_id" ON "mailings_sent" USING btree ("mail_id") WHERE "mailings_sent"."mail_id" is not null;--> statement-breakpoint
CREATE INDEX "mails_next_try_at" ON "mails" USING btree ("next_try_at") WHERE "mails"."next_try_at" is not null;--> statement-breakpoint
CREATE INDEX "members_user_id" ON "members" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "report_notes_workspace_id" ON "report_notes" USING btree ("workspace_id","at");--> statement-breakpoint
CREATE INDEX "sent_forms_sent_at" ON "sent_forms" USING btree ("sent_at");--> statement-breakpoint
CREATE INDEX "sessions_user_id" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "shares_workspace_id" ON "shares" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX "slugs_link_id" ON "slugs" USING btree ("link_id");--> statement-breakpoint
CREATE INDEX "tries_ends_at" ON "tries" USING btree ("ends_at");--> statement-breakpoint
CREATE INDEX "verifications_identifier" ON "verifications" USING btree ("identifier");--> statement-breakpoint
-- Months are partitions so that retention drops a table instead of deleting rows. Hits outside of every month that was
-- made ahead (a seed, an import, a clock far off) land in the default partition and are never refused.
CREATE TABLE "clicks_default" PARTITION OF "clicks" DEFAULT;
--> statement-breakpoint
-- Makes the partition of the month that holds `instant` (UTC), unless it is there. Returns true when it made one.
-- Months whose rows already went to the default partition stay there: moving them is not worth a lock.
CREATE FUNCTION ensure_click_partition(instant timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  month date := date_trunc('month', instant AT TIME ZONE 'UTC')::date;
  name text := 'clicks_' || to_char(month, 'YYYY_MM');
  starts timestamptz := month::timestamp AT TIME ZONE 'UTC';
  ends timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass(name) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ensure_click_partition'));
  IF to_regclass(name) IS NOT NULL
    OR EXISTS (SELECT FROM clicks_default WHERE clicked_at >= starts AND clicked_at < ends) THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF clicks FOR VALUES FROM (%L) TO (%L)', name, starts, ends);
  RETURN true;
END
$$;--> statement-breakpoint
-- What a search of links reads. Kept by triggers, so that no writer can forget it.
CREATE FUNCTION search_text_of(slug text, title text, url text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT lower(concat_ws(E'\n', slug, title, url))
$$;--> statement-breakpoint
CREATE FUNCTION set_search_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search_text := search_text_of(
    (SELECT s.slug FROM slugs s WHERE s.link_id = NEW.id AND s.kind = 'primary' LIMIT 1), NEW.title, NEW.url);
  RETURN NEW;
END
$$;--> statement-breakpoint
CREATE TRIGGER links_search_text BEFORE INSERT OR UPDATE OF title, url ON links
  FOR EACH ROW EXECUTE FUNCTION set_search_text();--> statement-breakpoint
CREATE FUNCTION add_slugs_to_search_texts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE links l SET search_text = search_text_of(s.slug, l.title, l.url)
  FROM added s WHERE s.kind = 'primary' AND l.id = s.link_id;
  RETURN NULL;
END
$$;--> statement-breakpoint
-- Once a statement, so that many slugs at once cost one update.
CREATE TRIGGER slugs_search_text AFTER INSERT ON slugs
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION add_slugs_to_search_texts();--> statement-breakpoint
CREATE FUNCTION change_slug_in_search_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE links l SET search_text = search_text_of(NEW.slug, l.title, l.url) WHERE l.id = NEW.link_id;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER slugs_search_text_changed AFTER UPDATE OF slug, kind ON slugs FOR EACH ROW
  WHEN (NEW.kind = 'primary' AND (NEW.slug, NEW.kind) IS DISTINCT FROM (OLD.slug, OLD.kind))
  EXECUTE FUNCTION change_slug_in_search_text();--> statement-breakpoint
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX links_search ON links USING gin (search_text gin_trgm_ops);
EXCEPTION
  -- No right to it, or not installed: searches read every link of their workspace, and `doctor` says so.
  WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR undefined_object THEN
    NULL;
END
$$;--> statement-breakpoint
-- Dimensions that need no counting of the past; newer ones are counted at the next start.
INSERT INTO "rolled_up_dimensions" ("name") VALUES
  ('class'), ('reason'), ('link'), ('country'), ('region'), ('city'), ('device'), ('os'), ('browser'), ('referrer'),
  ('channel'), ('language'), ('utm_campaign'), ('utm_source'), ('utm_medium'), ('utm_term'), ('utm_content');
