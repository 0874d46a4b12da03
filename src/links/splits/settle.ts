import { randomBytes } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import type { Split, SplitDestination, SplitPlan } from '../../ground/addresses/split.ts';
import type { Db } from '../../ground/db/db.ts';
import { linkDestinations, links } from '../../ground/db/schema.ts';
import { reducedWeights } from './shares.ts';
import { refuseOwnTwice, splitRefused } from './text.ts';

/** A link as it will be: its own address, and how its visitors are to be split. */
type Written = { id: string; url: string; split?: Split | null | undefined };

/**
 * Makes what visits read of a split, for the statement that writes the link. Other addresses begin a new test, other
 * shares a new count within it: both give ids of their own to the hits that follow. A split that goes on keeps all.
 * @param tx in which the link is written, and locked where it is there already
 * @param before what visits read now; null for a link without a split
 * @throws Invalid (field `split`) where the link's own address is another one of its test
 */
export async function settleSplit(
  tx: Db,
  workspaceId: string,
  { id: linkId, url: own, split }: Written,
  before: SplitPlan | null,
): Promise<SplitPlan | null> {
  if (!split) return null;
  refuseOwnTwice(own, split);
  const { endsAt, isPaused } = split;
  const wanted = split.versions.map(({ url, weight }) => ({ url: url ?? own, isOwn: url === null, weight }));
  const known = before?.destinations ?? [];
  // Eight bytes more than visitors are told apart by.
  const secret = before?.secret ?? randomBytes(16).toString('base64url');
  if (isSameSplit(wanted, known)) {
    const destinations = known.map((each, index) => ({ ...each, ...wanted[index] }));
    return { secret, endsAt, isPaused, destinations };
  }
  const ids = await drawIds(tx, wanted.length);
  const test = isSameTest(wanted, known) ? known[0]?.test : ids[0];
  const destinations = wanted.map((each, index) => {
    const id = ids[index] ?? 0;
    return { id, test: test ?? id, key: known.find(({ url }) => url === each.url)?.key ?? id, ...each };
  });
  await insertDestinations(tx, { workspaceId, linkId, routeId: null }, destinations);
  return { secret, endsAt, isPaused, destinations };
}

/** Keeps addresses for reports, in their order. @param of the link, and the rule that leads to them where one does */
export async function insertDestinations(
  tx: Db,
  of: { workspaceId: string; linkId: string; routeId: number | null },
  destinations: readonly Pick<SplitDestination, 'id' | 'test' | 'key' | 'url' | 'weight'>[],
): Promise<void> {
  await tx.insert(linkDestinations).values(
    destinations.map(({ id, test, key, url, weight }, index) => {
      const row = { id, test, key, url, weight, position: index + 1 };
      return { ...row, ...of };
    }),
  );
}

/** @throws Invalid (field `split`) for a new test that has ended by the clock of the database */
export async function refuseEnded(db: Db, { endsAt }: Split): Promise<void> {
  if (endsAt === null) return;
  const { rows } = await db.execute<{ isOver: boolean }>(sql`select ${endsAt}::timestamptz <= now() as "isOver"`);
  if (rows[0]?.isOver)
    throw splitRefused('The test would end before it begins. Choose a later end, or none.', '.endsAt');
}

/** The column that follows from a change of a link, where the change may touch it. @param link as it is, and locked */
export async function changeSplit(
  tx: Db,
  { workspaceId, id, url, split }: Written & { workspaceId: string },
  set: Partial<Omit<Written, 'id'>>,
): Promise<{ splitPlan?: SplitPlan | null }> {
  if (!split && !set.split) return {};
  const [row] = await tx
    .select({ plan: links.splitPlan })
    .from(links)
    .where(and(eq(links.workspaceId, workspaceId), eq(links.id, id)));
  return { splitPlan: await settleSplit(tx, workspaceId, { id, url, split, ...set }, row?.plan ?? null) };
}

type Weighed = Pick<SplitDestination, 'url' | 'weight'>;

/** Weights that split visitors in the same way are the same. */
export function isSameSplit(one: readonly Weighed[], other: readonly Weighed[]): boolean {
  const textOf = (all: readonly Weighed[]) =>
    JSON.stringify([all.map(({ url }) => url), reducedWeights(all.map(({ weight }) => weight))]);
  return textOf(one) === textOf(other);
}

/** The same addresses in the same order: the first is the one that others are held against. */
const isSameTest = (one: readonly Weighed[], other: readonly Weighed[]) =>
  one.length === other.length && one.every(({ url }, index) => url === other[index]?.url);

/** New ids of addresses. */
export async function drawIds(tx: Db, count: number): Promise<number[]> {
  const { rows } = await tx.execute<{ id: number }>(
    sql`select nextval(pg_get_serial_sequence('link_destinations', 'id'))::int as id from generate_series(1, ${count})`,
  );
  return rows.map(({ id }) => id);
}
