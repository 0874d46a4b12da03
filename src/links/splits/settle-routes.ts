import { randomBytes } from 'node:crypto';
import { and, asc, eq, inArray, isNull, or } from 'drizzle-orm';
import type { Condition, PlannedRoute, Route, RoutedDestination, RoutesPlan } from '../../ground/addresses/route.ts';
import type { Db } from '../../ground/db/db.ts';
import { domains, linkDestinations, linkRoutes, links } from '../../ground/db/schema.ts';
import { drawIds, insertDestinations, isSameSplit } from './settle.ts';

type OfLink = { workspaceId: string; linkId: string };

/** The rules of a link as they are, and as visits read them: in the same order. */
type Before = { routes: readonly Route[]; plan: RoutesPlan };

/**
 * Makes what visits read of rules, for the statement that writes the link. A rule stays the same one in reports while it
 * keeps its name, all but its name, or its addresses. One that comes back under its name goes on, too. Other addresses or
 * weights give ids of their own to the hits that follow.
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
  const former = await findFormer(
    tx,
    of,
    routes.flatMap(({ name }, index) => (known[index] ? [] : [name])),
  );
  const domainIds = await findDomainIds(tx, of.workspaceId, routes);
  const planned: PlannedRoute[] = [];
  for (const [index, { name, when, to }] of routes.entries()) {
    const same = known[index];
    const gone = same ? undefined : former.get(name);
    const id = same?.plan.id ?? gone?.id ?? (await insertRoute(tx, of, name));
    if (same && same.route.name !== name)
      await tx
        .update(linkRoutes)
        .set({ name })
        .where(and(eq(linkRoutes.workspaceId, of.workspaceId), eq(linkRoutes.id, id)));
    const destinations = await settleDestinations(tx, { ...of, routeId: id }, to, same?.plan.to ?? gone?.to ?? []);
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

/** A rule is the same one by its name, else by all but its name, else by its addresses. */
const samenesses: readonly ((route: Route) => string)[] = [
  ({ name }) => name,
  ({ when, to }) => textOf([when, to]),
  ({ to }) => textOf(to),
];

/** Of each rule, the one before that it goes on. */
function knownOf(routes: readonly Route[], before: Before | null) {
  const free = (before?.routes ?? []).flatMap((route, index) => {
    const plan = before?.plan.routes[index];
    return plan ? [{ route, plan }] : [];
  });
  const known: ((typeof free)[number] | undefined)[] = routes.map(() => undefined);
  for (const same of samenesses)
    for (const [index, wanted] of routes.entries()) {
      const at = known[index] ? -1 : free.findIndex(({ route }) => same(route) === same(wanted));
      if (at >= 0) known[index] = free.splice(at, 1)[0];
    }
  return known;
}

/** Postgres gives properties back in an order of its own. */
const textOf = (part: unknown) =>
  JSON.stringify(part, (_name, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );

/** Rules that the link had once, by their names, with their last addresses. One that Undo brings back goes on. */
async function findFormer(
  tx: Db,
  { workspaceId, linkId }: OfLink,
  names: readonly string[],
): Promise<Map<string, { id: number; to: RoutedDestination[] }>> {
  if (names.length === 0) return new Map();
  const isOfLink = and(eq(linkRoutes.workspaceId, workspaceId), eq(linkRoutes.linkId, linkId));
  const rows = await tx
    .select({ id: linkRoutes.id, name: linkRoutes.name })
    .from(linkRoutes)
    .where(and(isOfLink, inArray(linkRoutes.name, [...names])))
    .orderBy(asc(linkRoutes.id));
  if (rows.length === 0) return new Map();
  const { id, key, url, weight, routeId, createdAt } = linkDestinations;
  const addresses = await tx
    .select({ id, key, url, weight, routeId, createdAt })
    .from(linkDestinations)
    .where(
      and(
        eq(linkDestinations.workspaceId, workspaceId),
        eq(linkDestinations.linkId, linkId),
        inArray(
          routeId,
          rows.map((row) => row.id),
        ),
      ),
    )
    .orderBy(asc(id));
  return new Map(
    rows.map((row) => {
      const all = addresses.filter((each) => each.routeId === row.id);
      // Addresses that share visitors were written by one statement.
      const last = all.at(-1)?.createdAt.getTime();
      const to = all
        .filter(({ createdAt: at }) => at.getTime() === last)
        .map((each) => ({ id: each.id, key: each.key, url: each.url, weight: each.weight, app: null }));
      return [row.name, { id: row.id, to }];
    }),
  );
}

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
