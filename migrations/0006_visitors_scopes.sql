CREATE TABLE "rollup_scopes" (
	"workspace_id" text NOT NULL,
	"scope_id" text NOT NULL,
	"kind" text NOT NULL,
	"hits" bigint NOT NULL,
	"state" text NOT NULL,
	CONSTRAINT "rollup_scopes_workspace_id_scope_id_pk" PRIMARY KEY("workspace_id","scope_id")
) WITH (fillfactor = 70);
--> statement-breakpoint
CREATE TABLE "scope_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "scope_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workspace_id" text NOT NULL,
	"link_id" text NOT NULL,
	"scope_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "scope_links" (
	"workspace_id" text NOT NULL,
	"link_id" text NOT NULL,
	"scope_id" text NOT NULL,
	"is_full" boolean NOT NULL,
	CONSTRAINT "scope_links_workspace_id_link_id_scope_id_pk" PRIMARY KEY("workspace_id","link_id","scope_id")
);
--> statement-breakpoint
ALTER TABLE "link_totals" ADD COLUMN "has_history" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "rollup_scopes_filling" ON "rollup_scopes" USING btree ("workspace_id") WHERE state = 'filling';--> statement-breakpoint
CREATE INDEX "scope_changes_scope" ON "scope_changes" USING btree ("workspace_id","scope_id");--> statement-breakpoint
CREATE INDEX "scope_links_scope" ON "scope_links" USING btree ("workspace_id","scope_id");--> statement-breakpoint
-- Kept by triggers, so that no writer of links can forget it.
CREATE FUNCTION note_tags_of_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO scope_changes (workspace_id, link_id, scope_id)
  SELECT l.workspace_id, c.link_id, c.tag_id FROM changed c JOIN links l ON l.id = c.link_id;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER link_tags_added AFTER INSERT ON link_tags
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_tags_of_links();--> statement-breakpoint
CREATE TRIGGER link_tags_removed AFTER DELETE ON link_tags
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_tags_of_links();--> statement-breakpoint
CREATE FUNCTION note_campaigns_of_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO scope_changes (workspace_id, link_id, scope_id)
  SELECT a.workspace_id, a.id, a.campaign_id FROM added a WHERE a.campaign_id IS NOT NULL;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER links_added_to_campaigns AFTER INSERT ON links
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_campaigns_of_links();--> statement-breakpoint
CREATE FUNCTION note_changed_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO scope_changes (workspace_id, link_id, scope_id)
  SELECT NEW.workspace_id, NEW.id, c FROM unnest(ARRAY[OLD.campaign_id, NEW.campaign_id]) c WHERE c IS NOT NULL;
  RETURN NULL;
END
$$;--> statement-breakpoint
CREATE TRIGGER links_changed_campaign AFTER UPDATE OF campaign_id ON links FOR EACH ROW
  WHEN (NEW.campaign_id IS DISTINCT FROM OLD.campaign_id) EXECUTE FUNCTION note_changed_campaign();--> statement-breakpoint
-- What links have already is counted by the job, link by link.
INSERT INTO scope_changes (workspace_id, link_id, scope_id)
SELECT l.workspace_id, lt.link_id, lt.tag_id FROM link_tags lt JOIN links l ON l.id = lt.link_id
UNION ALL
SELECT workspace_id, id, campaign_id FROM links WHERE campaign_id IS NOT NULL;--> statement-breakpoint
INSERT INTO rollup_scopes (workspace_id, scope_id, kind, hits, state) SELECT id, id, 'workspace', 0, 'filling' FROM workspaces;
