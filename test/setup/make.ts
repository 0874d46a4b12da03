import { Client } from 'pg';
import { type Campaign, type CampaignPlan, insertCampaign } from '../../src/links/links/campaigns.ts';
import type { Actor } from '../../src/ground/events/actor.ts';
import { insertLink } from '../../src/links/links/insert.ts';
import { type Link, type NewLink } from '../../src/links/links/queries.ts';
import { insertTemplate, type LinkTemplate, type TemplatePlan } from '../../src/links/templates/templates.ts';
import { Batches } from '../../src/visitors/clicks/inbox.ts';
import { KnownShapes } from '../../src/visitors/clicks/known-shapes.ts';
import type { Hit } from '../../src/visitors/clicks/hit.ts';
import { byTest } from './actor.ts';
import type { TestApp } from './app.ts';
import { makeHit } from './hits.ts';

/** A workspace, by its id or by the person whose own it is. */
type Whose = string | { workspace: { id: string } };
const idOf = (whose: Whose) => (typeof whose === 'string' ? whose : whose.workspace.id);

/** A link to example.com on the server's own domain, under a random slug. Say what is different. */
export const makeLink = (
  { db, instanceDomainId }: Pick<TestApp, 'db' | 'instanceDomainId'>,
  whose: Whose,
  changes: Partial<NewLink> = {},
  by: Actor = byTest,
): Promise<Link> =>
  insertLink(db, idOf(whose), by, {
    url: `https://example.com/${changes.slug ?? ''}`,
    slug: null,
    title: null,
    domainId: instanceDomainId,
    ...changes,
  });

/** Path of a link's page. */
export const pageOf = (owner: { workspace: { slug: string } }, { id }: { id: string }): string =>
  `/w/${owner.workspace.slug}/links/${id}`;

export const makeCampaign = (
  { db }: Pick<TestApp, 'db'>,
  whose: Whose,
  name: string,
  plan: Partial<CampaignPlan> = {},
): Promise<Campaign> =>
  insertCampaign(db, idOf(whose), byTest, { name, startsOn: null, endsOn: null, goal: null, ...plan });

export const makeTemplate = (
  { db }: Pick<TestApp, 'db'>,
  whose: Whose,
  name: string,
  plan: Partial<TemplatePlan> = {},
): Promise<LinkTemplate> =>
  insertTemplate(db, idOf(whose), byTest, { name, domainId: null, campaignId: null, tags: [], split: null, ...plan });

let visitors = 0;

/** A click on a link now, by a visitor of its own. Say what is different. */
export const hitOf = (link: Pick<Link, 'id' | 'workspaceId' | 'slugId'>, changes: Partial<Hit> = {}): Hit =>
  makeHit({
    workspaceId: link.workspaceId,
    linkId: link.id,
    slugId: link.slugId,
    visitorKey: ++visitors,
    clickedAt: Date.now(),
    ...changes,
  });

/** Writes hits as the recorder does: `app.rollUp()` counts them. */
export async function insertHits({ databaseUrl }: Pick<TestApp, 'databaseUrl'>, hits: readonly Hit[]): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(new Batches(hits).statement(new KnownShapes().unknownOf(hits)));
  await client.end();
}

/** Writes clicks on a link, one for each that is said to be different. */
export const makeHits = (
  app: Pick<TestApp, 'databaseUrl'>,
  link: Pick<Link, 'id' | 'workspaceId' | 'slugId'>,
  changes: readonly Partial<Hit>[],
): Promise<void> =>
  insertHits(
    app,
    changes.map((change) => hitOf(link, change)),
  );
