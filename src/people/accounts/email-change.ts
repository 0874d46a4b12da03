import { randomBytes } from 'node:crypto';
import { and, eq, gt, like, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { uniqueViolation } from '../../ground/db/pg-errors.ts';
import { sessions, users, verifications } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { Invalid, Unauthorized } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { hashOfSecret } from '../../ground/text/secret.ts';
import { mailedLinkLife } from './emails.ts';
import { asAccount, lockUser, ownedBy, removeMailedTokens } from './queries.ts';
import { spentLink } from './refused.ts';

/** The token itself is only in the mail. */
const identifierOf = (token: string) => `change-email:${hashOfSecret(token).toString('base64url')}`;

const isLive = (token: string): SQL | undefined =>
  and(eq(verifications.identifier, identifierOf(token)), gt(verifications.expiresAt, sql`now()`));

/**
 * Keeps that a person wants a new e-mail address; what they asked for before is forgotten.
 * The session is held while it is kept: a password that changes at the same time ends the session and then forgets what
 * was asked for, so nothing that was asked with the old password outlives it.
 * @returns the token for the mail to the new address
 * @throws Unauthorized when the session has ended
 */
export async function startEmailChange(
  db: Db,
  by: Actor,
  asker: { userId: string; sessionId: string },
  email: string,
): Promise<string> {
  const { userId, sessionId } = asker;
  const token = randomBytes(24).toString('base64url');
  await db.transaction(async (tx) => {
    const held = await tx.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId)).for('key share');
    if (held.length === 0) throw new Unauthorized();
    await tx.delete(verifications).where(and(ownedBy(userId), like(verifications.identifier, 'change-email:%')));
    await tx.insert(verifications).values({
      id: newId(),
      identifier: identifierOf(token),
      value: `${userId} ${email}`,
      expiresAt: sql`now() + make_interval(secs => ${mailedLinkLife})`,
    });
    // The address may be a stranger's until its owner confirms it, so the event does not name it.
    await record(tx, by, null, { what: 'account.email_asked', target: { id: userId, name: by.name } });
  });
  return token;
}

/** Whether a link for a new e-mail address still works. */
export async function isEmailChange(db: Db, token: string): Promise<boolean> {
  const found = await db.select({ id: verifications.id }).from(verifications).where(isLive(token));
  return found.length > 0;
}

/**
 * Makes the new address count, once. Links that went to the old mailbox open the account no more.
 * @param viewerId who is logged in where the link was opened, if anybody is
 * @throws Invalid field token: spent, revoked, too old, somebody else's, or the address is taken by now
 */
export async function confirmEmailChange(
  db: Db,
  by: Actor,
  token: string,
  viewerId: string | undefined,
): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      const [change] = await tx.select({ value: verifications.value }).from(verifications).where(isLive(token));
      const [userId = '', email = ''] = change?.value.split(' ') ?? [];
      const user = await lockUser(tx, userId);
      const spent = await tx.delete(verifications).where(isLive(token)).returning();
      if (!user || spent.length === 0) throw spentLink();
      if (viewerId !== undefined && viewerId !== userId) {
        const sentence = 'You are logged in to another account. Log out, then open the link again.';
        throw new Invalid(sentence, { field: 'token' });
      }
      await tx.update(users).set({ email }).where(eq(users.id, userId));
      await removeMailedTokens(tx, userId);
      const before = { email: user.email };
      const changed = { what: 'account.changed', target: user, before, after: { email } } as const;
      await record(tx, asAccount(by, user), null, changed);
    });
  } catch (error) {
    throw uniqueViolation(error) ? spentLink() : error;
  }
}
