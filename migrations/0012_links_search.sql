-- The lists by clicks and by last click read their fifty links through these.
CREATE INDEX "link_totals_clicks" ON "link_totals" USING btree ("workspace_id","clicks" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "link_totals_last_click" ON "link_totals" USING btree ("workspace_id","last_click_at" DESC NULLS LAST);--> statement-breakpoint
DROP INDEX "link_totals_workspace_id";--> statement-breakpoint
CREATE INDEX "links_states" ON "links" USING btree ("workspace_id","archived_at","id") WHERE "links"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "links_deleted" ON "links" USING btree ("workspace_id","id") WHERE "links"."deleted_at" is not null;--> statement-breakpoint
-- From here on nobody reads `links` until the end: nothing below takes long, however many links there are.
ALTER TABLE "links" ADD COLUMN "search_text" text;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "has_search_texts" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "workspaces" ALTER COLUMN "has_search_texts" SET DEFAULT true;--> statement-breakpoint
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
-- A small database is ready at once; in a large one the job "search texts" does it, some links at a time.
DO $$
BEGIN
  IF EXISTS (SELECT FROM links OFFSET 5000 LIMIT 1) THEN
    RETURN;
  END IF;
  UPDATE links l SET search_text = search_text_of(
    (SELECT s.slug FROM slugs s WHERE s.link_id = l.id AND s.kind = 'primary' LIMIT 1), l.title, l.url);
  UPDATE workspaces SET has_search_texts = true;
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX links_search ON links USING gin (search_text gin_trgm_ops);
  EXCEPTION
    -- No right to it, or not installed: searches read every link of their workspace, and `doctor` says so.
    WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR undefined_object THEN
      NULL;
  END;
END
$$;
