-- Campaigns and tags are read as the sums of their busy links, whose rollups did not know the domain until now.
SELECT pg_advisory_xact_lock(hashtext('waymark rollups')), set_config('work_mem', '256MB', true);--> statement-breakpoint
INSERT INTO "click_counts_daily" ("scope_id", "day", "dimension", "value", "clicks", "visitors")
SELECT c."link_id", (c."clicked_at" AT TIME ZONE w."time_zone")::date, 'domain', coalesce(c."domain_id", ''),
       count(*), count(*) FILTER (WHERE c."is_first_on_link")
FROM "clicks" c
JOIN "link_totals" t ON t."link_id" = c."link_id" AND t."is_busy"
JOIN "workspaces" w ON w."id" = c."workspace_id"
WHERE c."class" = 'human'
  AND (c."link_id", c."clicked_at", c."id") NOT IN (SELECT "link_id", "clicked_at", "id" FROM "clicks_pending")
GROUP BY 1, 2, 3, 4;--> statement-breakpoint
INSERT INTO "click_counts_monthly" ("scope_id", "month", "dimension", "value", "clicks", "visitors")
SELECT d."scope_id", date_trunc('month', d."day")::date, d."dimension", d."value", sum(d."clicks"), sum(d."visitors")
FROM "click_counts_daily" d
JOIN "link_totals" t ON t."link_id" = d."scope_id" AND t."is_busy"
WHERE d."dimension" = 'domain'
GROUP BY 1, 2, 3, 4;
