import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import type { Announcement } from '../../ground/db/notify.ts';
import { links, slugs } from '../../ground/db/schema.ts';
import { Conflict } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { type CasePolicy, maxSlugLength, randomSlug, randomSlugLength, slugKey } from '../../ground/addresses/slug.ts';

/** A domain, which tells its slugs apart in its own way. */
export type SlugSpace = CasePolicy & { id: string };

/** The link that a slug is for, and the kind of the slug. */
export type Claimant = { domain: SlugSpace; linkId: string; kind: 'primary' | 'qr' };

/** A slug that somebody has, with one that nobody has. */
export class SlugTaken extends Conflict {
  readonly suggestion: string;
  /** The link that has it, if it is one of the same workspace. Links of others are not named. */
  readonly owner: { id: string; isDeleted: boolean } | undefined;

  constructor(slug: string, suggestion: string, owner: SlugTaken['owner']) {
    const what = owner?.isDeleted
      ? 'belonged to a link that is deleted, and stays taken'
      : `is taken${owner ? ' by a link of this workspace' : ''}`;
    super(`"${slug}" ${what}. Try ${suggestion}.`, { field: 'slug', code: 'slug_taken' });
    this.suggestion = suggestion;
    this.owner = owner;
  }
}

/** Conflicts after which a domain counts as crowded: with half of all slugs taken one in eight claims gets there. */
const patience = 3;

/** True when the slug belongs to somebody: to a link, or to one that is gone. */
export async function isSlugTaken(db: Db, domain: SlugSpace, slug: string): Promise<boolean> {
  return (await db.$count(slugs, and(eq(slugs.domainId, domain.id), eq(slugs.slugKey, slugKey(slug, domain))))) > 0;
}

/**
 * Gives a typed slug to a link. The unique constraint decides who was first.
 * @returns what every node is to be told with the link's event: some may know that nobody has the slug
 * @throws SlugTaken
 */
export async function claimSlug(tx: Db, workspaceId: string, claimant: Claimant, slug: string): Promise<Announcement> {
  const news = await insertSlug(tx, claimant, slug);
  if (!news) throw await slugTaken(tx, workspaceId, claimant.domain, slug);
  return news;
}

/**
 * Gives a link a random slug: drawn again when it is taken, and longer each time once the domain looks crowded.
 * @param draw makes a slug of so many characters
 * @returns what every node is to be told with the link's event
 */
export async function claimRandomSlug(
  tx: Db,
  claimant: Claimant,
  draw: (length: number) => string = randomSlug,
): Promise<Announcement> {
  for (let conflicts = 0; ; conflicts += 1) {
    const length = randomSlugLength + Math.max(0, conflicts - patience + 1);
    const news = await insertSlug(tx, claimant, draw(length));
    if (news) return news;
  }
}

async function insertSlug(tx: Db, { domain, linkId, kind }: Claimant, slug: string): Promise<Announcement | undefined> {
  const key = slugKey(slug, domain);
  const inserted = await tx
    .insert(slugs)
    .values({ id: newId(), domainId: domain.id, linkId, kind, slug, slugKey: key })
    .onConflictDoNothing()
    .returning({ id: slugs.id });
  return inserted.length > 0 ? { kind: 'slug', domainId: domain.id, slugKey: key } : undefined;
}

/** The refusal of a slug that somebody has, to a workspace. */
export async function slugTaken(db: Db, workspaceId: string, domain: SlugSpace, slug: string): Promise<SlugTaken> {
  const [owner] = await db
    .select({ id: links.id, isDeleted: sql<boolean>`${links.deletedAt} is not null` })
    .from(slugs)
    .innerJoin(links, and(eq(links.id, slugs.linkId), eq(links.workspaceId, workspaceId)))
    .where(and(eq(slugs.domainId, domain.id), eq(slugs.slugKey, slugKey(slug, domain))));
  return new SlugTaken(slug, await suggestSlug(db, domain, slug), owner);
}

/** spring -> spring-2, spring-2 -> spring-3; a random ending when nine in a row are taken. */
export async function suggestSlug(db: Db, domain: SlugSpace, slug: string): Promise<string> {
  const [, stem = slug, count = '1'] = /^(.+)-([1-9]\d{0,3})$/.exec(slug) ?? [];
  const room = stem.slice(0, maxSlugLength - 8).replace(/\p{Cs}$/u, '');
  const keyOf = (candidate: string) => slugKey(candidate, domain);
  const candidates = Array.from({ length: 9 }, (_, index) => `${room}-${Number(count) + index + 1}`);
  const rows = await db
    .select({ key: slugs.slugKey })
    .from(slugs)
    .where(and(eq(slugs.domainId, domain.id), inArray(slugs.slugKey, candidates.map(keyOf))));
  const taken = new Set(rows.map((row) => row.key));
  return candidates.find((candidate) => !taken.has(keyOf(candidate))) ?? `${room}-${randomSlug(4)}`;
}
