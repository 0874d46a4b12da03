import { randomBytes } from 'node:crypto';
import { and, eq, inArray, isNull, or } from 'drizzle-orm';
import type { Condition, PlannedRoute, Route, RoutedDestination, RoutesPlan } from '../../ground/addresses/route.ts';
import type { Db } from '../../ground/db/db.ts';
import { domains, linkRoutes, links } from '../../ground/db/schema.ts';
import { drawIds, insertDestinations, isSameSplit } from './settle.ts';

type OfLink = { workspaceId: string; linkId: string };

/** The rules of a link as they are, and as visits read them: in the same order. */
type Before = { routes: readonly Route[]; plan: RoutesPlan };

/**
 * Makes what visits read of rules, for the statement that writes the link. A rule that keeps its name, or all but its
 * name, stays the same one in reports. Other addresses or weights give ids of their own to the hits that follow.
 * @param tx in which the link is written, and locked where it is there already
 * @param routes as readRoutes gives them
 * @param before null for a link without rules
 */
export async function settleRoutes(
  tx: Db,
  of: OfLink,
  routes: readonly Route[] | null,
  before: Before | null,
): Promise<RoutesPlan | null> {
  if (!routes || routes.length === 0) return null;
  const secret = before?.plan.secret ?? randomBytes(16).toString('base64url');
  const known = knownOf(routes, before);
  const domainIds = await findDomainIds(tx, of.workspaceId, routes);
  const planned: PlannedRoute[] = [];
  for (const [index, { name, when, to }] of routes.entries()) {
    const same = known[index];
    const id = same?.plan.id ?? (await insertRoute(tx, of, name));
    if (same && same.route.name !== name)
      await tx
        .update(linkRoutes)
        .set({ name })
        .where(and(eq(linkRoutes.workspaceId, of.workspaceId), eq(linkRoutes.id, id)));
    const destinations = await settleDestinations(tx, { ...of, routeId: id }, to, same?.plan.to ?? []);
    planned.push({ id, when: withDomainIds(when, domainIds), to: destinations });
  }
  return { secret, routes: planned };
}

/** The same for rules that nobody has saved: nothing is written, and what would be new has ids and keys below 0. */
export async function draftRoutes(
  db: Db,
  workspaceId: string,
  routes: readonly Route[],
  before: Before | null,
): Promise<RoutesPlan | null> {
  if (routes.length === 0) return null;
  const known = knownOf(routes, before);
  const domainIds = await findDomainIds(db, workspaceId, routes);
  let last = 0;
  const planned = routes.map(({ when, to }, index): PlannedRoute => {
    const same = known[index]?.plan;
    const destinations = to.map((each) => {
      const id = --last;
      return { id, key: same?.to.find(({ url }) => url === each.url)?.key ?? id, ...each };
    });
    return { id: same?.id ?? --last, when: withDomainIds(when, domainIds), to: destinations };
  });
  return { secret: before?.plan.secret ?? '', routes: planned };
}

/** The column that follows from a change of a link's rules. @param link as it is, and locked */
export async function changeRoutes(
  tx: Db,
  link: { id: string; workspaceId: string; routes: readonly Route[] | null },
  set: { routes?: Route[] | null | undefined },
): Promise<{ routesPlan?: RoutesPlan | null }> {
  if (set.routes === undefined) return {};
  const { id: linkId, workspaceId, routes } = link;
  const [row] = await tx
    .select({ plan: links.routesPlan })
    .from(links)
    .where(and(eq(links.workspaceId, workspaceId), eq(links.id, linkId)));
  const before = routes && row?.plan ? { routes, plan: row.plan } : null;
  return { routesPlan: await settleRoutes(tx, { workspaceId, linkId }, set.routes, before) };
}

/** Of each rule, the one before that it goes on: by its name first, else by all but its name. */
function knownOf(routes: readonly Route[], before: Before | null) {
  const all = (before?.routes ?? []).flatMap((route, index) => {
    const plan = before?.plan.routes[index];
    return plan ? [{ route, plan }] : [];
  });
  const named = routes.map(({ name }) => all.find(({ route }) => route.name === name));
  const free = all.filter((each) => !named.includes(each));
  return routes.map((wanted, index) => {
    if (named[index]) return named[index];
    const at = free.findIndex(({ route }) => textOf(route) === textOf(wanted));
    return at < 0 ? undefined : free.splice(at, 1)[0];
  });
}

/** Postgres gives properties back in an order of its own. */
const textOf = ({ when, to }: Route) =>
  JSON.stringify([when, to], (_name, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );

async function insertRoute(tx: Db, of: OfLink, name: string): Promise<number> {
  const [row] = await tx
    .insert(linkRoutes)
    .values({ ...of, name })
    .returning({ id: linkRoutes.id });
  if (!row) throw new Error('A rule was made, and is not there.');
  return row.id;
}

/** The addresses of a rule: the same ones with the same weights keep their ids. */
async function settleDestinations(
  tx: Db,
  of: OfLink & { routeId: number },
  wanted: Route['to'],
  known: readonly RoutedDestination[],
): Promise<RoutedDestination[]> {
  if (isSameSplit(wanted, known)) return known.map((each, index) => ({ ...each, ...wanted[index] }));
  const ids = await drawIds(tx, wanted.length);
  const destinations = wanted.map((each, index) => {
    const id = ids[index] ?? 0;
    return { id, key: known.find(({ url }) => url === each.url)?.key ?? id, ...each };
  });
  await insertDestinations(
    tx,
    of,
    destinations.map((each) => ({ ...each, test: ids[0] ?? each.id })),
  );
  return destinations;
}

async function findDomainIds(tx: Db, workspaceId: string, routes: readonly Route[]): Promise<Map<string, string>> {
  const hosts = [...new Set(routes.flatMap(({ when }) => hostsOf(when)))];
  if (hosts.length === 0) return new Map();
  const isUsable = or(isNull(domains.workspaceId), eq(domains.workspaceId, workspaceId));
  const rows = await tx
    .select({ id: domains.id, host: domains.host })
    .from(domains)
    .where(and(inArray(domains.host, hosts), isUsable));
  return new Map(rows.map(({ id, host }) => [host, id]));
}

function hostsOf(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(hostsOf);
  if ('any' in condition) return condition.any.flatMap(hostsOf);
  if ('not' in condition) return hostsOf(condition.not);
  return condition.what === 'domain' ? condition.values : [];
}

/** Hosts of domains as ids, which plans have; a host that is no domain any more is nobody's id. */
function withDomainIds(condition: Condition, ids: ReadonlyMap<string, string>): Condition {
  if ('all' in condition) return { all: condition.all.map((each) => withDomainIds(each, ids)) };
  if ('any' in condition) return { any: condition.any.map((each) => withDomainIds(each, ids)) };
  if ('not' in condition) return { not: withDomainIds(condition.not, ids) };
  if (condition.what !== 'domain') return condition;
  return { ...condition, values: condition.values.map((host) => ids.get(host) ?? host) };
}
