CREATE TABLE "conversion_counts" (
	"workspace_id" text NOT NULL,
	"link_id" text NOT NULL,
	"goal_id" text NOT NULL,
	"destination_id" integer NOT NULL,
	"quarter" timestamp with time zone NOT NULL,
	"currency" text NOT NULL,
	"conversions" integer NOT NULL,
	"visitors" integer NOT NULL,
	"value" bigint NOT NULL,
	CONSTRAINT "conversion_counts_link_id_goal_id_destination_id_quarter_currency_pk" PRIMARY KEY("link_id","goal_id","destination_id","quarter","currency")
);
--> statement-breakpoint
CREATE TABLE "conversion_goals" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"name_key" text NOT NULL,
	"is_server_only" boolean DEFAULT false NOT NULL,
	"conversions" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversion_goals_name" UNIQUE("workspace_id","name_key")
);
--> statement-breakpoint
CREATE TABLE "conversions" (
	"id" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"goal_id" text NOT NULL,
	"link_id" text NOT NULL,
	"clicked_at" timestamp with time zone NOT NULL,
	"hit_id" bigint NOT NULL,
	"external_id" text NOT NULL,
	"value" bigint,
	"currency" text,
	"occurred_at" timestamp with time zone NOT NULL,
	"via" text NOT NULL,
	"metadata" text,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"counted_at" timestamp with time zone,
	"destination_id" integer,
	"visitor_key" bigint,
	"is_first" boolean DEFAULT false NOT NULL,
	CONSTRAINT "conversions_once" UNIQUE("goal_id","link_id","hit_id","clicked_at","external_id")
);
--> statement-breakpoint
ALTER TABLE "links" ADD COLUMN "click_id_name" text;--> statement-breakpoint
ALTER TABLE "conversion_counts" ADD CONSTRAINT "conversion_counts_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversion_counts" ADD CONSTRAINT "conversion_counts_goal_id_conversion_goals_id_fk" FOREIGN KEY ("goal_id") REFERENCES "public"."conversion_goals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversion_goals" ADD CONSTRAINT "conversion_goals_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversions" ADD CONSTRAINT "conversions_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversions" ADD CONSTRAINT "conversions_goal_id_conversion_goals_id_fk" FOREIGN KEY ("goal_id") REFERENCES "public"."conversion_goals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "conversion_counts_goal_id" ON "conversion_counts" USING btree ("goal_id");--> statement-breakpoint
CREATE INDEX "conversion_counts_workspace_id" ON "conversion_counts" USING btree ("workspace_id");--> statement-breakpoint
CREATE UNIQUE INDEX "conversions_first" ON "conversions" USING btree ("goal_id","link_id","visitor_key") WHERE "conversions"."is_first";--> statement-breakpoint
CREATE INDEX "conversions_external_id" ON "conversions" USING btree ("goal_id","external_id") WHERE "conversions"."external_id" <> '';--> statement-breakpoint
CREATE INDEX "conversions_waiting" ON "conversions" USING btree ("received_at") WHERE "conversions"."counted_at" is null;--> statement-breakpoint
CREATE INDEX "conversions_clicked_at" ON "conversions" USING btree ("clicked_at");--> statement-breakpoint
CREATE INDEX "conversions_workspace_id" ON "conversions" USING btree ("workspace_id");