import type { Route } from '../../ground/addresses/route.ts';
import type { Db } from '../../ground/db/db.ts';
import { ownHostsOf } from '../../ground/http/sites.ts';
import { NotFound } from '../../ground/text/errors.ts';
import { opensOf } from '../../visitors/openings/list.ts';
import { type Host, plainHost } from '../../visitors/redirect/host.ts';
import { findHostOf, findPlanOf } from '../../visitors/redirect/queries.ts';
import type { Geo } from '../../visitors/visits/geo.ts';
import type { Link } from '../links/queries.ts';
import { draftOpening, getOpening } from '../splits/stored.ts';
import { type MadeUpVisitor, visitOf } from './made-up.ts';
import { simulate, type Simulation } from './simulate.ts';

/** The parts of the server that a simulation needs. A Fastify app has them all. */
type SimulatorContext = {
  db: Db;
  geo: Pick<Geo, 'locate'>;
  config: { appUrl: string; shortUrl: string };
  instanceDomainId: string;
};

/**
 * Tells what a made-up visitor of a link meets now, on its domain. Nothing is recorded.
 * @param entry `slugId`: of the link, such as its QR code's; `draft`: rules in the place of its own, as readRoutes gives them
 * @throws NotFound
 */
export async function runSimulation(
  { db, geo, config, instanceDomainId }: SimulatorContext,
  { id: linkId, workspaceId }: Pick<Link, 'id' | 'workspaceId'>,
  visitor: MadeUpVisitor,
  { slugId, draft }: { slugId: string; draft?: readonly Route[] | undefined },
): Promise<Simulation> {
  const found = await findPlanOf(db, workspaceId, slugId);
  if (found?.linkId !== linkId) throw new NotFound('There is no such link.');
  const stored = await getOpening(db, workspaceId, linkId);
  const opening = draft ? await draftOpening(db, workspaceId, stored, draft) : stored;
  const plan = { ...found, opens: opensOf(opening) };
  const host: Host | null =
    plan.domainId === instanceDomainId ? plainHost(instanceDomainId) : ((await findHostOf(db, plan.domainId)) ?? null);
  return simulate({ plan, host }, opening.routes, visitOf(visitor, plan, { geo, ownHosts: ownHostsOf(config) }));
}
