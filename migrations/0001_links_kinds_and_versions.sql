ALTER TABLE "links" ADD COLUMN "kind" text DEFAULT 'url' NOT NULL;--> statement-breakpoint
ALTER TABLE "links" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tags" ADD COLUMN "number" integer NOT NULL GENERATED ALWAYS AS IDENTITY (sequence name "tags_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1);--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "language" text;--> statement-breakpoint
ALTER TABLE "tags" ADD CONSTRAINT "tags_number_unique" UNIQUE("number");--> statement-breakpoint
ALTER TABLE "links" ADD CONSTRAINT "links_kind" CHECK ("links"."kind" in ('url'));--> statement-breakpoint
CREATE FUNCTION raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END
$$;--> statement-breakpoint
-- A trigger, because versions of Waymark that do not know the column write links too, and deleting a campaign takes its
-- links out by a foreign key. A change of tags alone shows in updated_at.
CREATE TRIGGER links_version BEFORE UPDATE ON links FOR EACH ROW
  WHEN ((NEW.kind, NEW.url, NEW.title, NEW.campaign_id, NEW.archived_at, NEW.deleted_at, NEW.updated_at)
    IS DISTINCT FROM (OLD.kind, OLD.url, OLD.title, OLD.campaign_id, OLD.archived_at, OLD.deleted_at, OLD.updated_at))
  EXECUTE FUNCTION raise_version();
