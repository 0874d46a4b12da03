import { and, asc, desc, eq, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import { mails } from '../db/schema.ts';
import { NotFound } from '../text/errors.ts';
import type { Mail } from './mail.ts';

export type KeptMail = typeof mails.$inferSelect;

/** Kept mails beyond these are forgotten: enough to find a message of today, too few to become an archive of addresses. */
export const keptMails = 200;

/** Sent mails are remembered for so long without their text, in milliseconds: reports by mail ask whether theirs was. */
const rememberSentMs = 24 * 60 * 60_000;

/** A node that tries a mail has it for itself for so long, in milliseconds: far longer than any try takes. */
const leaseMs = 15 * 60_000;

const expired = 'The link in it had ended before it could be sent.';

/**
 * Puts a mail into the outbox, and forgets kept mails beyond the last 200.
 * @param isWaiting false where there is no SMTP server: it is kept for the instance's admin
 */
export async function insertMail(db: Db, mail: Mail, now: Date, isWaiting: boolean): Promise<number> {
  const [row] = await db
    .insert(mails)
    .values({
      recipient: mail.to,
      subject: mail.subject,
      body: mail.text,
      html: mail.html ?? null,
      headers: mail.headers ?? null,
      nextTryAt: isWaiting ? now : null,
      expiresAt: mail.expiresAt ?? null,
      createdAt: now,
    })
    .returning({ id: mails.id });
  await db.execute(sql`
delete from ${mails} where next_try_at is null and sent_at is null and id <= (
  select id from ${mails} where next_try_at is null and sent_at is null order by id desc offset ${keptMails} limit 1)`);
  if (!row) throw new Error('The outbox took no mail.');
  return row.id;
}

/**
 * Takes a mail that is due, for this node alone, and counts the try.
 * @param id only this one
 */
export async function claimMail(db: Db, now: Date, id?: number): Promise<KeptMail | undefined> {
  const due = db
    .select({ id: mails.id })
    .from(mails)
    .where(and(lte(mails.nextTryAt, now), id === undefined ? undefined : eq(mails.id, id)))
    .orderBy(asc(mails.nextTryAt), asc(mails.id))
    .limit(1)
    .for('update', { skipLocked: true });
  const [claimed] = await db
    .update(mails)
    .set({ attempts: sql`${mails.attempts} + 1`, nextTryAt: new Date(now.getTime() + leaseMs), error: null })
    .where(eq(mails.id, sql`(${due})`))
    .returning();
  return claimed;
}

/** Its text goes: nobody needs it any more, and it may hold a link that opens an account. */
export async function markSent(db: Db, id: number, now: Date): Promise<void> {
  await db
    .update(mails)
    .set({ sentAt: now, nextTryAt: null, error: null, body: '', html: null, headers: null })
    .where(eq(mails.id, id));
}

/** @param nextTryAt null: it is not tried again */
export async function markFailed(db: Db, id: number, error: string, nextTryAt: Date | null): Promise<void> {
  await db.update(mails).set({ error, nextTryAt }).where(eq(mails.id, id));
}

/** Takes mails out of the outbox whose links have ended, and the links with them; forgets those that were sent long ago. */
export async function expireMails(db: Db, now: Date): Promise<void> {
  await db.delete(mails).where(lt(mails.sentAt, new Date(now.getTime() - rememberSentMs)));
  await db
    .update(mails)
    .set({ error: expired, nextTryAt: null, body: '', html: null, headers: null })
    .where(and(lte(mails.expiresAt, now), isNull(mails.sentAt), sql`${mails.body} <> ''`));
}

/** The mails that were not sent: those that wait, the next one first, and those that are kept, the newest first. */
export async function listMails(db: Db): Promise<{ waiting: KeptMail[]; kept: KeptMail[] }> {
  const waiting = await db
    .select()
    .from(mails)
    .where(isNotNull(mails.nextTryAt))
    .orderBy(asc(mails.nextTryAt), asc(mails.id))
    .limit(keptMails);
  const kept = await db
    .select()
    .from(mails)
    .where(and(isNull(mails.nextTryAt), isNull(mails.sentAt)))
    .orderBy(desc(mails.id));
  return { waiting, kept };
}

/**
 * Makes a mail due now. The four days begin anew.
 * @throws NotFound when it was sent, is under way, has expired or is forgotten
 */
export async function retryMail(db: Db, id: number, now: Date): Promise<void> {
  const [due] = await db
    .update(mails)
    .set({ nextTryAt: now, attempts: 0, createdAt: now })
    // One that is under way has no error yet.
    .where(
      and(
        eq(mails.id, id),
        isNull(mails.sentAt),
        sql`${mails.body} <> ''`,
        or(isNull(mails.nextTryAt), isNotNull(mails.error)),
      ),
    )
    .returning({ id: mails.id });
  if (!due) throw new NotFound('This mail does not wait any more: it was sent, or its link has ended.');
}

/** Forgets all mail to an address whose account is gone, sent or not. */
export async function removeMailsTo(db: Db, recipient: string): Promise<void> {
  await db.delete(mails).where(eq(mails.recipient, recipient));
}
