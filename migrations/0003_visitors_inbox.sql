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
