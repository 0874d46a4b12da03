import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { announce } from '../../ground/db/notify.ts';
import { invitations, mailings, members, users, workspaces } from '../../ground/db/schema.ts';
import { Conflict, Forbidden, NotFound } from '../../ground/text/errors.ts';
import { mayDo, mayManage, type Right, type Role, roles } from './roles.ts';

export type Member = { userId: string; name: string; email: string; role: Role; joinedAt: Date };

/** Whose membership is changed, where and by whom. */
export type MembershipChange = { workspaceId: string; userId: string; actorId: string };

/** The people of a workspace: owners first, then by role and name. */
export async function listMembers(db: Db, workspaceId: string): Promise<Member[]> {
  const people = await db
    .select({
      userId: users.id,
      name: users.name,
      email: users.email,
      role: members.role,
      joinedAt: members.createdAt,
    })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(members.workspaceId, workspaceId))
    .orderBy(sql`lower(${users.name})`, users.id);
  return people.toSorted((one, other) => roles.indexOf(other.role) - roles.indexOf(one.role));
}

/** E-mail addresses of those in a workspace who have a right. */
export async function listAddressesByRight(db: Db, workspaceId: string, right: Right): Promise<string[]> {
  const people = await listMembers(db, workspaceId);
  return people.filter(({ role }) => mayDo(role, right)).map(({ email }) => email);
}

/**
 * Gives somebody another role.
 * @param refuse sees the person as they are under the lock, and throws where they may not be changed so
 * @returns the person as they were
 * @throws NotFound; Forbidden; Conflict when the workspace would be left without an owner
 */
export function updateRole(
  db: Db,
  change: MembershipChange,
  role: Role,
  refuse?: (now: Member) => void,
): Promise<Member> {
  return changeMembership(db, change, role, refuse);
}

/**
 * Ends somebody's access, or one's own: streams they look at end on every node, and reports mailed to their address stop.
 * Invitations of theirs that nobody accepted yet end. What else they made stays, mailings to others too; their API keys
 * stop by themselves (people/keys/keys.ts).
 * @returns the person as they were
 * @throws NotFound; Forbidden; Conflict when the workspace would be left without an owner
 */
export function removeMember(db: Db, change: MembershipChange): Promise<Member> {
  return changeMembership(db, change, null);
}

async function changeMembership(
  db: Db,
  change: MembershipChange,
  role: Role | null,
  refuse?: (now: Member) => void,
): Promise<Member> {
  const { workspaceId, userId, actorId } = change;
  return db.transaction(async (tx) => {
    // One change at a time: two owners who leave at once must not both see the other one stay, and somebody who was
    // lowered a moment ago may not use the role that their request came in with.
    await tx.select().from(workspaces).where(eq(workspaces.id, workspaceId)).for('no key update');
    const people = await listMembers(tx, workspaceId);
    const actor = people.find((person) => person.userId === actorId);
    const person = people.find((each) => each.userId === userId);
    if (!actor || !person) throw new NotFound('This person is not in the workspace any more.');
    const isLeaving = role === null && actor === person;
    const mayChange = mayManage(actor.role, person.role) && (role === null || mayManage(actor.role, role));
    if (!isLeaving && !mayChange) {
      throw new Forbidden(`Your role, ${actor.role}, does not allow this change of ${person.name}'s role.`);
    }
    refuse?.(person);
    const owners = people.filter((each) => each.role === 'owner');
    if (person.role === 'owner' && role !== 'owner' && owners.length === 1) {
      throw new Conflict('A workspace needs an owner. Make somebody else an owner first.', { code: 'last_owner' });
    }
    const theirs = and(eq(members.workspaceId, workspaceId), eq(members.userId, userId));
    if (role === null) await endMembership(tx, workspaceId, person, theirs);
    else await tx.update(members).set({ role }).where(theirs);
    if (role === null || !mayDo(role, 'managePeople')) await removeInvitationsBy(tx, workspaceId, userId);
    return person;
  });
}

/** Nobody comes back by an invitation of their own. */
async function removeInvitationsBy(tx: Db, workspaceId: string, userId: string): Promise<void> {
  await tx.delete(invitations).where(and(eq(invitations.workspaceId, workspaceId), eq(invitations.invitedBy, userId)));
}

async function endMembership(tx: Db, workspaceId: string, person: Member, theirs: SQL | undefined): Promise<void> {
  await tx.delete(members).where(theirs);
  // Also those that they said yes to by mail: as a member nobody would be asked again.
  const isToThem = sql`lower(${mailings.recipient}) = lower(${person.email})`;
  await tx.delete(mailings).where(and(eq(mailings.workspaceId, workspaceId), isToThem));
  await announce(tx, { kind: 'departure', workspaceId, userId: person.userId });
}
