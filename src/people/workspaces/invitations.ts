import { randomBytes } from 'node:crypto';
import { and, eq, gt, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { invitations, members, users, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import type { Happened } from '../../ground/events/happened.ts';
import { record } from '../../ground/events/record.ts';
import { Conflict, Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import { type ShownToken, sealToken, showToken } from '../../ground/text/sealed.ts';
import { hashOfSecret } from '../../ground/text/secret.ts';
import type { Role } from './roles.ts';

/** Owners are made among members: a mail that goes astray must not give a workspace away. */
export const invitedRoles = ['viewer', 'member', 'admin'] as const satisfies Role[];

export type InvitedRole = (typeof invitedRoles)[number];

/** How long an invitation can be accepted. */
export const invitationDays = 7;

/** An invitation as the workspace sees it. */
export type PendingInvitation = {
  id: string;
  email: string;
  role: InvitedRole;
  /** Name of the person, or null when their account is gone. */
  invitedBy: string | null;
  expiresAt: Date;
  /** The token of its link. */
  shown: ShownToken;
};

/** An invitation as the person sees it who has the link. */
export type Invitation = {
  workspaceId: string;
  workspaceName: string;
  /** The day of the workspace's own deletion, as its time zone has it. */
  deletionAt: Date | null;
  timeZone: string;
  email: string;
  role: InvitedRole;
  invitedBy: string | null;
  /** There is an account with this address. */
  hasAccount: boolean;
};

const newToken = () => randomBytes(32).toString('base64url');

const expiry = () => sql<Date>`now() + make_interval(days => ${invitationDays})`;

/** Columns of a token: its hash, by which it is found, and itself for those who manage people. */
const keptOf = (serverSecret: string, id: string, token: string) => ({
  tokenHash: hashOfSecret(token),
  tokenSealed: sealToken(serverSecret, { of: 'invitation', id }, token),
});

const isLive = (token: string): SQL | undefined =>
  and(eq(invitations.tokenHash, hashOfSecret(token)), gt(invitations.expiresAt, sql`now()`));

/**
 * Keeps an invitation; one that the address has already is replaced, and its link stops.
 * @param invitation.email in lower case
 * @param serverSecret SECRET of the instance
 * @returns its id, and the token of its link
 * @throws Conflict field email: they are in the workspace
 */
export async function insertInvitation(
  db: Db,
  workspaceId: string,
  by: Actor,
  { email, role }: { email: string; role: InvitedRole },
  serverSecret: string,
): Promise<{ id: string; token: string }> {
  const [member] = await db
    .select({ name: users.name })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.workspaceId, workspaceId), eq(users.email, email)));
  if (member) throw new Conflict(`${member.name} is in this workspace already.`, { field: 'email' });
  const token = newToken();
  const valuesOf = (id: string) => ({
    role,
    invitedBy: by.userId,
    ...keptOf(serverSecret, id, token),
    createdAt: sql`now()`,
    expiresAt: expiry(),
  });
  return db.transaction(async (tx) => {
    const shown = { id: invitations.id, role: invitations.role, expiresAt: invitations.expiresAt };
    const newOne = newId();
    const [made] = await tx
      .insert(invitations)
      .values({ id: newOne, workspaceId, email, ...valuesOf(newOne) })
      .onConflictDoNothing({ target: [invitations.workspaceId, invitations.email] })
      .returning(shown);
    if (made) {
      const { id, ...after } = made;
      await record(tx, by, workspaceId, {
        what: 'invitation.created',
        target: { id, name: email },
        after: { email, ...after },
      });
      return { id, token };
    }
    // Of two who invite at once, the second comes here when the first is done.
    const isSame = and(eq(invitations.workspaceId, workspaceId), eq(invitations.email, email));
    const [old] = await tx.select(shown).from(invitations).where(isSame).for('update');
    if (!old) throw noLongerThere();
    const { id, ...before } = old;
    const [after] = await tx.update(invitations).set(valuesOf(id)).where(isSame).returning(shown);
    await record(tx, by, workspaceId, {
      what: 'invitation.renewed',
      target: { id, name: email },
      before,
      after: { role, expiresAt: after?.expiresAt },
    });
    return { id, token };
  });
}

/**
 * Makes a new link for an invitation, good for seven days more; the old one stops.
 * @throws NotFound when it was accepted or withdrawn
 */
export async function renewInvitation(
  db: Db,
  workspaceId: string,
  by: Actor,
  invitationId: string,
  serverSecret: string,
): Promise<{ token: string; email: string; role: InvitedRole }> {
  const token = newToken();
  return db.transaction(async (tx) => {
    const isIt = and(eq(invitations.workspaceId, workspaceId), eq(invitations.id, invitationId));
    const [before] = await tx.select({ expiresAt: invitations.expiresAt }).from(invitations).where(isIt).for('update');
    const [invitation] = await tx
      .update(invitations)
      .set({ ...keptOf(serverSecret, invitationId, token), expiresAt: expiry() })
      .where(isIt)
      .returning({ email: invitations.email, role: invitations.role, expiresAt: invitations.expiresAt });
    if (!invitation) throw noLongerThere();
    const { expiresAt, ...invited } = invitation;
    const target = { id: invitationId, name: invited.email };
    await record(tx, by, workspaceId, {
      what: 'invitation.renewed',
      target,
      ...(before && { before }),
      after: { expiresAt },
    });
    return { token, ...invited };
  });
}

/**
 * Takes an invitation back.
 * @returns whom it was for
 * @throws NotFound when it was accepted or withdrawn
 */
export async function removeInvitation(db: Db, workspaceId: string, by: Actor, invitationId: string): Promise<string> {
  return db.transaction(async (tx) => {
    const [before] = await tx
      .delete(invitations)
      .where(and(eq(invitations.workspaceId, workspaceId), eq(invitations.id, invitationId)))
      .returning({ email: invitations.email, role: invitations.role });
    if (!before) throw noLongerThere();
    const target = { id: invitationId, name: before.email };
    await record(tx, by, workspaceId, { what: 'invitation.deleted', target, before });
    return before.email;
  });
}

/** The invitations that nobody accepted yet, those that ran out among them, for those who manage people. */
export async function listInvitations(db: Db, workspaceId: string, serverSecret: string): Promise<PendingInvitation[]> {
  const found = await db
    .select({
      id: invitations.id,
      email: invitations.email,
      role: invitations.role,
      invitedBy: users.name,
      expiresAt: invitations.expiresAt,
      kept: { tokenHash: invitations.tokenHash, tokenSealed: invitations.tokenSealed },
    })
    .from(invitations)
    .leftJoin(users, eq(users.id, invitations.invitedBy))
    .where(eq(invitations.workspaceId, workspaceId))
    .orderBy(invitations.email);
  return found.map(({ kept, ...invitation }) => ({
    ...invitation,
    shown: showToken(serverSecret, { of: 'invitation', id: invitation.id }, kept),
  }));
}

/** The invitation of a token, while it works. */
export async function findInvitation(db: Db, token: string): Promise<Invitation | undefined> {
  const [invitation] = await db
    .select({
      workspaceId: workspaces.id,
      workspaceName: workspaces.name,
      deletionAt: workspaces.deletionAt,
      timeZone: workspaces.timeZone,
      email: invitations.email,
      role: invitations.role,
      invitedBy: users.name,
      hasAccount: sql<boolean>`exists (select 1 from ${users} u where u.email = ${invitations.email})`,
    })
    .from(invitations)
    .innerJoin(workspaces, eq(workspaces.id, invitations.workspaceId))
    .leftJoin(users, eq(users.id, invitations.invitedBy))
    .where(isLive(token));
  return invitation;
}

/**
 * Whether an invitation is for an address: to be asked before anything says whether the address has an account.
 * @throws Invalid field token: spent, withdrawn, too old, or for another address
 */
export async function checkInvitation(db: Db, token: string, email: string): Promise<void> {
  const invitation = await findInvitation(db, token);
  if (!invitation) throw spentInvitation();
  if (invitation.email !== email) throw isForAnother(invitation.email);
}

/**
 * Lets the invited person in, once. Those who manage people may have passed the link on, so that it proves nothing about
 * the mailbox.
 * @returns the workspace: its id, and its word in addresses
 * @throws Invalid field token: spent, withdrawn, too old, or for another address
 */
export async function acceptInvitation(
  db: Db,
  by: Actor,
  token: string,
  userId: string,
): Promise<{ id: string; slug: string }> {
  return db.transaction(async (tx) => {
    // The workspace before what belongs to it, as everybody locks who changes both.
    const workspaceOf = tx.select({ id: invitations.workspaceId }).from(invitations).where(isLive(token));
    await tx.select({ id: workspaces.id }).from(workspaces).where(inArray(workspaces.id, workspaceOf)).for('key share');
    const [taken] = await tx.delete(invitations).where(isLive(token)).returning();
    if (!taken) throw spentInvitation();
    const [user] = await tx
      .select({ id: users.id, name: users.name })
      .from(users)
      .where(and(eq(users.id, userId), eq(users.email, taken.email)));
    if (!user) throw isForAnother(taken.email);
    const { workspaceId, role, email, invitedBy } = taken;
    const joined = await tx.insert(members).values({ workspaceId, userId, role }).onConflictDoNothing().returning();
    // A member whose new address was invited keeps their role, and the invitation is over.
    const happened: Happened =
      joined.length > 0
        ? { what: 'member.joined', target: user, after: { role, email, invitedBy } }
        : { what: 'invitation.deleted', target: { id: taken.id, name: email }, before: { email, role } };
    await record(tx, by, workspaceId, happened);
    const { id, slug } = workspaces;
    const [workspace] = await tx.select({ id, slug }).from(workspaces).where(eq(id, workspaceId));
    if (!workspace) throw spentInvitation();
    return workspace;
  });
}

const spentInvitation = (): Invalid =>
  new Invalid('This invitation does not work any more. Ask for a new one.', { field: 'token' });

const isForAnother = (email: string): Invalid => new Invalid(`This invitation is for ${email}.`, { field: 'token' });

const noLongerThere = (): NotFound => new NotFound('This invitation was accepted or withdrawn already.');
