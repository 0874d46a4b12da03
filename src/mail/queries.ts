import { desc, sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import { mails } from '../db/schema.ts';

export type KeptMail = typeof mails.$inferSelect;

/** Enough to find a message of today, too few to become an archive of people's addresses. */
export const keptMails = 200;

/**
 * Keeps a mail for the instance's admin and forgets those beyond the last 200.
 * @returns its id
 */
export async function insertMail(db: Db, mail: { to: string; subject: string; text: string }): Promise<number> {
  const [kept] = await db
    .insert(mails)
    .values({ recipient: mail.to, subject: mail.subject, body: mail.text })
    .returning({ id: mails.id });
  await db.execute(sql`
delete from ${mails} where id <= (select id from ${mails} order by id desc offset ${keptMails} limit 1)`);
  return kept?.id ?? 0;
}

/** The kept mails, the newest first. */
export async function listMails(db: Db): Promise<KeptMail[]> {
  return db.select().from(mails).orderBy(desc(mails.id));
}
