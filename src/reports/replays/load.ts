import type { Route } from '../../ground/addresses/route.ts';
import type { Db } from '../../ground/db/db.ts';
import { budgetMs, inTurn, tookTooLong } from '../../ground/db/in-turn.ts';
import { Invalid } from '../../ground/text/errors.ts';
import {
  draftOpening,
  getOpening,
  listDestinationsOf,
  listSlugsOf,
  type StoredOpening,
} from '../../links/splits/stored.ts';
import type { KeptLink } from '../../visitors/clicks/kept-facts.ts';
import { opensOf } from '../../visitors/openings/list.ts';
import { destinationTo } from '../../visitors/openings/url.ts';
import { type PeriodName, resolvePeriod } from '../counts/period.ts';
import { type Replay, type Replayed, replayShapes } from './replay.ts';
import { findShapes } from './shapes.ts';

type ReplayAsked = {
  /** Rules as readRoutes gives them. */
  draft: readonly Route[];
  period?: PeriodName | undefined;
  now: Date;
};

/**
 * Sends the kept clicks of a link through other rules, and tells which would have gone elsewhere. Its A/B test, its own
 * address and its slugs are as they are now.
 * @throws NotFound; Invalid (code `took_too_long`), LimitReached or Unavailable as reports do
 */
export async function loadReplay(
  db: Db,
  workspace: { id: string; timeZone: string },
  linkId: string,
  { draft, period = '30d', now }: ReplayAsked,
): Promise<Replay & { from: Date; to: Date }> {
  const { id: workspaceId, timeZone } = workspace;
  const { from, to } = resolvePeriod({ period, timeZone, now });
  const work = async (tx: Db) => {
    const stored = await getOpening(tx, workspaceId, linkId);
    const current = replayedOf(stored);
    const other = replayedOf(await draftOpening(tx, workspaceId, stored, draft));
    const slugs = await listSlugsOf(tx, workspaceId, linkId);
    const destinations = await listDestinationsOf(tx, workspaceId, linkId);
    const of: KeptLink = {
      own: destinationTo(stored.url).utm,
      slugs: new Map(slugs.map(({ id, kind, ...slug }) => [id, { ...slug, isQr: kind === 'qr' }])),
      tags: new Map(destinations.map(({ id, url }) => [id, destinationTo(url).utm])),
    };
    const shapes = await findShapes(tx, workspaceId, linkId, { from, to }, [current.opens, other.opens]);
    return { current, draft: other, of, shapes };
  };
  const found = await inTurn(db, workspaceId, 'rows', work, { field: 'routes', tooLong });
  return { from, to, ...(await replayShapes(found.shapes, found.of, found, now)) };
}

const replayedOf = (stored: StoredOpening): Replayed => ({ routes: stored.routes, opens: opensOf(stored) });

const tooLong = () =>
  new Invalid(`To replay these clicks takes longer than ${budgetMs / 1_000} seconds. Try again in a moment.`, {
    field: 'routes',
    code: tookTooLong,
  });
