CREATE TABLE "agent_shapes" (
	"id" bigint PRIMARY KEY NOT NULL,
	"shape" text NOT NULL,
	"last_seen_on" date NOT NULL
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
	"is_first_in_workspace" boolean NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
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
ALTER TABLE "chart_notes" ADD CONSTRAINT "chart_notes_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "chart_notes_workspace_id" ON "chart_notes" USING btree ("workspace_id","at");--> statement-breakpoint
CREATE INDEX "clicks_workspace" ON "clicks" USING btree ("workspace_id","clicked_at");--> statement-breakpoint
CREATE INDEX "link_totals_workspace_id" ON "link_totals" USING btree ("workspace_id");
--> statement-breakpoint
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
$$;
