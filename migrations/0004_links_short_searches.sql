-- Each letter of a text and each two beside each other, once: trigrams know nothing shorter than three letters.
-- Letter by letter, because `substr` counts them from the start again. It costs far more than a look at the text itself,
-- which Postgres shall therefore do first.
CREATE OR REPLACE FUNCTION short_parts_of(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $$
  SELECT array(
    SELECT DISTINCT part
    FROM (SELECT letter, lead(letter) OVER (ORDER BY place) AS next
          FROM unnest(string_to_array(words, NULL)) WITH ORDINALITY AS l (letter, place)) pairs
    CROSS JOIN LATERAL (VALUES (letter), (letter || next)) AS p (part)
    WHERE part IS NOT NULL)
$$;--> statement-breakpoint
DO $$
BEGIN
  -- Where there are links, the job of the search texts makes it, while others write.
  IF NOT EXISTS (SELECT FROM links) THEN
    CREATE INDEX IF NOT EXISTS links_search_short ON links USING gin (short_parts_of(search_text));
  END IF;
END
$$;
