CREATE TABLE "hit_batches" (
	"id" bigint NOT NULL,
	"first_hit_at" timestamp with time zone NOT NULL,
	"size" integer NOT NULL,
	"is_repeat" boolean NOT NULL,
	"workspace_id" text NOT NULL,
	"hits" text NOT NULL,
	"problem" text,
	CONSTRAINT "hit_batches_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
CREATE INDEX "hit_batches_problem" ON "hit_batches" USING btree ("id") WHERE problem is not null;--> statement-breakpoint
-- Compressed in its place: moved out, each value would cost a row and an index entry of a second table.
ALTER TABLE "hit_batches" ALTER COLUMN "hits" SET STORAGE MAIN;
--> statement-breakpoint
-- True when a hit is a row of `clicks`. A function, so that who asks it of few hits or none neither plans nor locks all months.
CREATE FUNCTION is_recorded(of_link text, at timestamptz, hit bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM clicks WHERE link_id = of_link AND clicked_at = at AND id = hit);
END
$$;
