CREATE TABLE "events" (
	"id" bigserial NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"workspace_id" text,
	"what" text NOT NULL,
	"target_id" text NOT NULL,
	"target_name" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"actor_kind" text NOT NULL,
	"actor_id" text,
	"actor_name" text NOT NULL,
	"via" text NOT NULL,
	"network" text,
	"request_id" text,
	CONSTRAINT "events_id_at_pk" PRIMARY KEY("id","at")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE INDEX "events_workspace_id" ON "events" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "events_target_id" ON "events" USING btree ("target_id","id");
--> statement-breakpoint
-- Months are partitions, as those of clicks are: what is over can go as a table. Events of a month that was not made ahead
-- land in the default partition, so that no change is ever refused for it.
CREATE TABLE "events_default" PARTITION OF "events" DEFAULT;
--> statement-breakpoint
-- Makes the partition of the month that holds `instant` (UTC), unless it is there, or the default partition has rows of it.
-- Returns true when it made one.
CREATE FUNCTION ensure_event_partition(instant timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  month date := date_trunc('month', instant AT TIME ZONE 'UTC')::date;
  name text := 'events_' || to_char(month, 'YYYY_MM');
  starts timestamptz := month::timestamp AT TIME ZONE 'UTC';
  ends timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass(name) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ensure_event_partition'));
  IF to_regclass(name) IS NOT NULL
    OR EXISTS (SELECT FROM events_default WHERE at >= starts AND at < ends) THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)', name, starts, ends);
  RETURN true;
END
$$;
--> statement-breakpoint
-- This month and the next two: a command may write events before the server has made partitions.
SELECT ensure_event_partition(now() + make_interval(months => m)) FROM generate_series(0, 2) m;
