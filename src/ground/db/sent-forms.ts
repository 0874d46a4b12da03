import { eq, lt, sql } from 'drizzle-orm';
import type { Db } from './db.ts';
import { sentForms } from './schema.ts';

/** The part of a result that its answer needs: ids and the like, no secrets. */
export type Made = Record<string, string | boolean>;

/**
 * Notes that a form was sent. A second request with the same form waits here until this transaction ends.
 * @param tx a transaction that makes what the form asks for
 * @param key a keyed hash of the form
 * @returns what the form has made already; undefined for the first
 */
export async function claimForm(tx: Db, key: Buffer): Promise<Made | undefined> {
  const [row] = await tx
    .insert(sentForms)
    .values({ key })
    .onConflictDoUpdate({ target: sentForms.key, set: { sentAt: sql`${sentForms.sentAt}` } })
    .returning({ made: sentForms.made });
  return row?.made ?? undefined;
}

/** Looks without waiting: a form that is being taken at this moment has made nothing yet. */
export async function findMade(db: Db, key: Buffer): Promise<Made | undefined> {
  const [row] = await db.select({ made: sentForms.made }).from(sentForms).where(eq(sentForms.key, key));
  return row?.made ?? undefined;
}

/** @param tx the transaction that claimed the form */
export async function keepMade(tx: Db, key: Buffer, made: Made): Promise<void> {
  await tx.update(sentForms).set({ made }).where(eq(sentForms.key, key));
}

/** Forgets forms that were sent more than a day ago. */
export async function removeOldForms(db: Db): Promise<void> {
  await db.delete(sentForms).where(lt(sentForms.sentAt, sql`now() - interval '1 day'`));
}
