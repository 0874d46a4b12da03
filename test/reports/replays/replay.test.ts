import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateLink } from '../../../src/links/links/queries.ts';
import { draftOpening, getOpening, listDestinationsOf, listSlugsOf } from '../../../src/links/splits/stored.ts';
import { loadReplay } from '../../../src/reports/replays/load.ts';
import { outcomeOf } from '../../../src/reports/replays/outcome.ts';
import { type KeptShape, replayShapes } from '../../../src/reports/replays/replay.ts';
import { enrich } from '../../../src/visitors/clicks/enrich.ts';
import { factsKept, type KeptLink, lostOf } from '../../../src/visitors/clicks/kept-facts.ts';
import { opensOf } from '../../../src/visitors/openings/list.ts';
import { destinationTo } from '../../../src/visitors/openings/url.ts';
import { routesIn } from '../../../src/visitors/openings/ways.ts';
import { findPlanOf } from '../../../src/visitors/redirect/queries.ts';
import type { Plan } from '../../../src/visitors/routing/plan.ts';
import { byTest } from '../../setup/actor.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { everyHitOf, insertBareWorkspace, putHits, rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';
import { geoOfTests, rulesOf, visitorOf } from '../../setup/random-visits.ts';
import { seeded } from '../../setup/seeded.ts';

let app: TestApp;
let workspaceId: string;

beforeAll(async () => {
  app = await startTestApp();
  workspaceId = await insertBareWorkspace(app.db);
});
afterAll(() => app.close());

// Clocks of Berlin leap within these days.
const now = new Date('2026-04-08T12:00:00Z');
const day = 86_400_000;
const dates = ['2026-03-12', '2026-03-29', '2026-04-05'];
const parts = {
  geo: { ...geoOfTests, source: { name: '', builtAt: null, attribution: null } },
  ownHosts: new Set<string>(),
  salts: { saltOf: () => 'salt' } as never,
};

const split = {
  versions: [null, 'https://e.example/'].map((url) => ({ url, weight: 1 })),
  endsAt: null,
  isPaused: false,
};

/** A link with rules, and clicks that went by them as the redirect sends them: some as rows, some that still wait. */
async function linkWithClicks(seed: number, count: number) {
  const chance = seeded(seed);
  const { routes } = rulesOf(chance, 6, dates);
  const url = chance() < 0.5 ? 'https://own.example/' : 'https://own.example/?utm_source=x';
  const link = await makeLink(app, workspaceId, { url, split: chance() < 0.5 ? split : null });
  if (routes.length > 0) await updateLink(app.db, workspaceId, byTest, link.id, { routes });
  const plans: Plan[] = [];
  for (const slugId of [link.slugId, link.qrSlugId]) {
    const plan = await findPlanOf(app.db, workspaceId, slugId);
    if (plan) plans.push(plan);
  }
  const hits = Array.from({ length: count }, () => {
    const { headers, address, rawQuery } = visitorOf(chance);
    const at = new Date(now.getTime() - Math.floor(chance() * 29 * day));
    const plan = plans[chance() < 0.3 ? 1 : 0];
    if (!plan) throw new Error('The link has no plan.');
    return enrich({ at, method: 'GET', headers, address, rawQuery }, plan, plan.opens, parts).hit;
  });
  const half = Math.floor(count / 2);
  await putHits(app.db, hits.slice(0, half));
  await app.rollUp();
  await putHits(app.db, hits.slice(half));
  return { link, draft: rulesOf(chance, 6, dates).routes, hits };
}

async function keptOf(linkId: string, url: string): Promise<KeptLink> {
  const slugs = await listSlugsOf(app.db, workspaceId, linkId);
  const destinations = await listDestinationsOf(app.db, workspaceId, linkId);
  return {
    own: destinationTo(url).utm,
    slugs: new Map(slugs.map(({ id, kind, ...slug }) => [id, { ...slug, isQr: kind === 'qr' }])),
    tags: new Map(destinations.map((each) => [each.id, destinationTo(each.url).utm])),
  };
}

const rowsOfLink = (linkId: string) =>
  rowsOf<Omit<KeptShape, 'hits'>>(
    app.db,
    sql`
select c.*, (extract(epoch from c.clicked_at) * 1000)::float8 as at
from ${everyHitOf(workspaceId)} c where c.link_id = ${linkId} and c.class = 'human'`,
  );

describe('a replay of kept clicks', () => {
  it('is what each of them says by itself, and never against what happened', async () => {
    let [known, notKnown] = [0, 0];
    for (let seed = 1; seed <= 12; seed++) {
      const { link, draft } = await linkWithClicks(seed, 400);
      const stored = await getOpening(app.db, workspaceId, link.id);
      const other = await draftOpening(app.db, workspaceId, stored, draft);
      const of = await keptOf(link.id, stored.url);
      const rows = await rowsOfLink(link.id);
      expect(rows.length).toBeGreaterThan(150);
      const opens = opensOf(stored);
      for (const row of rows) {
        const outcome = outcomeOf(opens, factsKept(row, of, row.at), lostOf(row, of), now);
        if ('lost' in outcome) {
          notKnown++;
          expect(outcome.lost.length).toBeGreaterThan(0);
          continue;
        }
        known++;
        const routeId = outcome.rule === null ? null : routesIn(opens)[outcome.rule]?.id;
        expect(routeId, `seed ${seed}: ${JSON.stringify(row)}`).toBe(row.route_id);
      }
      const both = {
        current: { routes: stored.routes, opens },
        draft: { routes: draft, opens: opensOf(other) },
      };
      const alone = await replayShapes(
        rows.map((row) => ({ ...row, hits: 1 })),
        of,
        both,
        now,
      );
      const { from, to, ...replay } = await loadReplay(app.db, { id: workspaceId, timeZone: 'UTC' }, link.id, {
        draft,
        now,
      });
      expect([from.toISOString(), to.toISOString()]).toEqual(['2026-03-10T00:00:00.000Z', '2026-04-09T00:00:00.000Z']);
      expect(comparable(replay), `seed ${seed}`).toEqual(comparable(alone));
      expect(replay.clicks).toBe(rows.length);
    }
    expect(known).toBeGreaterThan(1_000);
    expect(notKnown).toBeGreaterThan(100);
  }, 240_000);
});

/** Sums of fractions may be rounded apart. */
const comparable = ({ moves, moved, lost, ...rest }: Awaited<ReturnType<typeof replayShapes>>) => ({
  ...rest,
  moved: Math.round(moved / 10),
  lost: lost.map(({ leaf, clicks }) => `${leaf.what} ${clicks}`).toSorted(),
  moves: moves.map(({ from, to, clicks }) => JSON.stringify([from, to, clicks])).toSorted(),
});
