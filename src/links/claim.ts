import { and, eq, inArray } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import { announce } from '../db/notify.ts';
import { slugs } from '../db/schema.ts';
import { Conflict } from '../errors.ts';
import { newId } from '../id.ts';
import { type CasePolicy, maxSlugLength, randomSlug, randomSlugLength, slugKey } from './slug.ts';

/** A domain, which tells its slugs apart in its own way. */
export type SlugSpace = CasePolicy & { id: string };

/** Who asks for a slug, and what for. */
export type Claimant = { domain: SlugSpace; linkId: string; kind: 'primary' | 'qr' };

/** Conflicts after which a domain counts as crowded: with half of all slugs taken one in eight claims gets there. */
const patience = 3;

/** True when the slug belongs to somebody: to a link, or to one that is gone. */
export async function isSlugTaken(db: Db, domain: SlugSpace, slug: string): Promise<boolean> {
  return (await db.$count(slugs, and(eq(slugs.domainId, domain.id), eq(slugs.slugKey, slugKey(slug, domain))))) > 0;
}

/**
 * Gives a typed slug to a link. The unique constraint decides who was first.
 * @throws Conflict (field `slug`) that suggests one which is free
 */
export async function claimSlug(tx: Db, claimant: Claimant, slug: string): Promise<void> {
  if (!(await insertSlug(tx, claimant, slug))) throw await slugTaken(tx, claimant.domain, slug);
}

/**
 * Gives a link a random slug: drawn again when it is taken, and longer each time once the domain looks crowded.
 * @param draw makes a slug of so many characters
 */
export async function claimRandomSlug(
  tx: Db,
  claimant: Claimant,
  draw: (length: number) => string = randomSlug,
): Promise<void> {
  for (let conflicts = 0; ; conflicts += 1) {
    const length = randomSlugLength + Math.max(0, conflicts - patience + 1);
    if (await insertSlug(tx, claimant, draw(length))) return;
  }
}

async function insertSlug(tx: Db, { domain, linkId, kind }: Claimant, slug: string): Promise<boolean> {
  const key = slugKey(slug, domain);
  const inserted = await tx
    .insert(slugs)
    .values({ id: newId(), domainId: domain.id, linkId, kind, slug, slugKey: key })
    .onConflictDoNothing()
    .returning({ id: slugs.id });
  if (inserted.length > 0) await announce(tx, { kind: 'slug', domainId: domain.id, slugKey: key });
  return inserted.length > 0;
}

/** The refusal of a slug that somebody has, with one that nobody has. */
export async function slugTaken(db: Db, domain: SlugSpace, slug: string): Promise<Conflict> {
  const suggestion = await suggestSlug(db, domain, slug);
  return new Conflict(`"${slug}" is taken. Try ${suggestion}.`, { field: 'slug', code: 'slug_taken' });
}

/** spring -> spring-2, spring-2 -> spring-3; a random ending when nine in a row are taken. */
async function suggestSlug(db: Db, domain: SlugSpace, slug: string): Promise<string> {
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
