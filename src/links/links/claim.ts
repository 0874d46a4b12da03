import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Announcement } from '../../ground/db/notify.ts';
import { links, slugs } from '../../ground/db/schema.ts';
import { Conflict, Refused } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { type CasePolicy, maxSlugLength, randomSlug, randomSlugLength, slugKey } from '../../ground/addresses/slug.ts';

/** A domain, which tells its slugs apart in its own way. */
export type SlugSpace = CasePolicy & { id: string };

/** The link that a slug is for, and the kind of the slug. */
export type Claimant = { domain: SlugSpace; linkId: string; kind: 'primary' | 'qr' };

/** A slug that somebody has, with one that nobody has. */
export class SlugTaken extends Conflict {
  readonly reason: string;
  readonly suggestion: string;
  /** The link that has it, if it is one of the same workspace. Links of others are not named. */
  readonly owner: { id: string; isDeleted: boolean } | undefined;

  constructor(slug: string, suggestion: string, owner: SlugTaken['owner']) {
    const what = owner?.isDeleted
      ? 'belonged to a link that is deleted, and stays taken'
      : `is taken${owner ? ' by a link of this workspace' : ''}`;
    const reason = `"${slug}" ${what}.`;
    super(`${reason} Try ${suggestion}.`, { field: 'slug', code: 'slug_taken' });
    this.reason = reason;
    this.suggestion = suggestion;
    this.owner = owner;
  }
}

/** Conflicts after which a domain counts as crowded: with half of all slugs taken one in eight claims gets there. */
const patience = 3;

/** True when the slug belongs to somebody: to a link, or to one that is gone. */
export async function isSlugTaken(db: Db, domain: SlugSpace, slug: string): Promise<boolean> {
  return (await findTaken(db, domain, [slugKey(slug, domain)])).size > 0;
}

/** The keys among these that belong to somebody. */
export async function findTaken(db: Db, domain: SlugSpace, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows = await db
    .select({ key: slugs.slugKey })
    .from(slugs)
    .where(and(eq(slugs.domainId, domain.id), inArray(slugs.slugKey, [...keys])));
  return new Set(rows.map(({ key }) => key));
}

/** A slug that is wanted for a link: the one that was typed, or null for a random one. */
export type WantedSlug = Claimant & {
  slug: string | null;
  /** Makes a random slug of so many characters. */
  draw: (length: number) => string;
};

/**
 * Gives slugs to links. The unique constraint decides who was first. A random slug is drawn again when it is taken, and
 * longer each time once the domain looks crowded.
 * @returns for each what every node is to be told with the link's event: some may know that nobody has the slug
 * @throws SlugTaken for a typed one, Refused where there are several
 */
export async function claimSlugs(tx: Db, workspaceId: string, wanted: readonly WantedSlug[]): Promise<Announcement[]> {
  const news = new Map<WantedSlug, Announcement>();
  const claim = async (some: readonly (readonly [WantedSlug, string])[]) => {
    for (const [each, told] of await insertSlugs(tx, some)) news.set(each, told);
  };
  await claim(wanted.flatMap((each) => (each.slug === null ? [] : [[each, each.slug] as const])));
  const refused = wanted.filter((each) => each.slug !== null && !news.has(each));
  const taken: SlugTaken[] = [];
  for (const domain of new Set(refused.map((each) => each.domain))) {
    const some = refused.flatMap((each) => (each.domain === domain && each.slug !== null ? [each.slug] : []));
    taken.push(...(await slugsTaken(tx, workspaceId, domain, some)));
  }
  const [first, ...others] = taken;
  if (first) throw others.length > 0 ? new Refused([first, ...others]) : first;
  for (let conflicts = 0; ; conflicts += 1) {
    const length = randomSlugLength + Math.max(0, conflicts - patience + 1);
    const left = wanted.filter((each) => !news.has(each));
    if (left.length === 0) break;
    await claim(left.map((each) => [each, each.draw(length)] as const));
  }
  return wanted.flatMap((each) => news.get(each) ?? []);
}

/** A random slug for one link. @param draw makes a slug of so many characters */
export async function claimRandomSlug(
  tx: Db,
  claimant: Claimant,
  draw: (length: number) => string = randomSlug,
): Promise<Announcement> {
  const [news] = await claimSlugs(tx, '', [{ ...claimant, slug: null, draw }]);
  if (!news) throw new Error('A slug was claimed, and is not there.');
  return news;
}

/** @returns those that nobody had */
async function insertSlugs(
  tx: Db,
  wanted: readonly (readonly [WantedSlug, string])[],
): Promise<(readonly [WantedSlug, Announcement])[]> {
  if (wanted.length === 0) return [];
  const rows = wanted.map(([each, slug]) => ({ each, slug, id: newId(), slugKey: slugKey(slug, each.domain) }));
  // In one order for all: two who want the same slugs wait for each other, and not both at once.
  const inOrder = rows.toSorted((one, other) => (one.slugKey < other.slugKey ? -1 : 1));
  const inserted = await tx
    .insert(slugs)
    .values(
      inOrder.map(({ each: { domain, linkId, kind }, ...row }) => ({ ...row, domainId: domain.id, linkId, kind })),
    )
    .onConflictDoNothing()
    .returning({ id: slugs.id });
  const ids = new Set(inserted.map(({ id }) => id));
  return rows
    .filter(({ id }) => ids.has(id))
    .map(({ each, slugKey: key }) => [each, { kind: 'slug', domainId: each.domain.id, slugKey: key }] as const);
}

/** The refusal of a slug that somebody has, to a workspace. */
export async function slugTaken(db: Db, workspaceId: string, domain: SlugSpace, slug: string): Promise<SlugTaken> {
  const [refusal] = await slugsTaken(db, workspaceId, domain, [slug]);
  if (!refusal) throw new Error('A slug was asked for, and no answer came.');
  return refusal;
}

/** The same of several slugs of a domain, in two statements. */
export async function slugsTaken(
  db: Db,
  workspaceId: string,
  domain: SlugSpace,
  asked: readonly string[],
): Promise<SlugTaken[]> {
  const keyOf = (slug: string) => slugKey(slug, domain);
  const rows = await db
    .select({ key: slugs.slugKey, id: links.id, isDeleted: sql<boolean>`${links.deletedAt} is not null` })
    .from(slugs)
    .innerJoin(links, and(eq(links.id, slugs.linkId), eq(links.workspaceId, workspaceId)))
    .where(and(eq(slugs.domainId, domain.id), inArray(slugs.slugKey, asked.map(keyOf))));
  const owners = new Map(rows.map(({ key, ...owner }) => [key, owner]));
  const suggestions = await suggestSlugs(db, domain, asked);
  return asked.map((slug, at) => new SlugTaken(slug, suggestions[at] ?? randomSlug(), owners.get(keyOf(slug))));
}

/** The next one of such a slug that is free. */
export async function suggestSlug(db: Db, domain: SlugSpace, slug: string): Promise<string> {
  const [suggestion] = await suggestSlugs(db, domain, [slug]);
  return suggestion ?? randomSlug();
}

/** Numbers that are tried behind a slug. */
const triedNumbers = 9;

/** spring -> spring-2, spring-2 -> spring-3; a random ending when nine in a row are taken. */
async function suggestSlugs(db: Db, domain: SlugSpace, asked: readonly string[]): Promise<string[]> {
  const all = asked.map((slug) => {
    const [, stem = slug, count = '1'] = /^(.+)-([1-9]\d{0,3})$/.exec(slug) ?? [];
    const room = stem.slice(0, maxSlugLength - 8).replace(/\p{Cs}$/u, '');
    const numbers = Array.from({ length: triedNumbers }, (_, index) => Number(count) + index + 1);
    return { room, candidates: numbers.map((number) => `${room}-${number}`) };
  });
  const keyOf = (candidate: string) => slugKey(candidate, domain);
  const taken = await findTaken(
    db,
    domain,
    all.flatMap(({ candidates }) => candidates.map(keyOf)),
  );
  return all.map(
    ({ room, candidates }) =>
      candidates.find((candidate) => !taken.has(keyOf(candidate))) ?? `${room}-${randomSlug(4)}`,
  );
}
