CREATE TABLE "test_ends" (
	"test" integer PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"link_id" text NOT NULL,
	"winner" smallint,
	"reason" text NOT NULL,
	"numbers" jsonb NOT NULL,
	"ended_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "test_ends" ADD CONSTRAINT "test_ends_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "test_ends_link_id" ON "test_ends" USING btree ("link_id");