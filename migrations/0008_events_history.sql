CREATE INDEX "events_request" ON "events" USING btree ("workspace_id","request_id","id");--> statement-breakpoint
CREATE INDEX "events_actor" ON "events" USING btree ("workspace_id",coalesce(actor_id, actor_kind),"id");--> statement-breakpoint
CREATE INDEX "events_kind" ON "events" USING btree ("workspace_id",split_part(what, '.', 1),"id");--> statement-breakpoint
CREATE INDEX "events_at" ON "events" USING btree ("workspace_id","at");--> statement-breakpoint
CREATE INDEX "events_links" ON "events" USING gin ((before -> 'links')) WHERE what in ('tag.deleted', 'tag.merged', 'campaign.deleted');