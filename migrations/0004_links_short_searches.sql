-- Each letter of a text and each two beside each other, once: trigrams know nothing shorter than three letters.
-- It costs far more than a look at the text itself, which Postgres shall therefore do first.
CREATE FUNCTION short_parts_of(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $$
  SELECT array(SELECT DISTINCT substr(words, place, size) FROM generate_series(1, length(words)) place, generate_series(1, 2) size)
$$;--> statement-breakpoint
DO $$
BEGIN
  -- Where there are links, the job of the search texts makes it, while others write.
  IF NOT EXISTS (SELECT FROM links) THEN
    CREATE INDEX links_search_short ON links USING gin (short_parts_of(search_text));
  END IF;
END
$$;
