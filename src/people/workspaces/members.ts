import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { invitations, mailings, members, users, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import type { Happened } from '../../ground/events/happened.ts';
import { record } from '../../ground/events/record.ts';
import { Conflict, Forbidden, NotFound } from '../../ground/text/errors.ts';
import { mayDo, mayManage, type Right, type Role, roles } from './roles.ts';

export type Member = { userId: string; name: string; email: string; role: Role; joinedAt: Date };

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
  workspaceId: string,
  by: Actor,
  userId: string,
  role: Role,
  refuse?: (now: Member) => void,
): Promise<Member> {
  return changeMembership(db, workspaceId, by, userId, role, refuse);
}

/**
 * Ends somebody's access, or one's own: streams they look at end on every node, and reports mailed to their address stop.
 * Invitations of theirs that nobody accepted yet end. What else they made stays, mailings to others too; their API keys
 * stop by themselves (people/keys/keys.ts).
 * @returns the person as they were
 * @throws NotFound; Forbidden; Conflict when the workspace would be left without an owner
 */
export function removeMember(db: Db, workspaceId: string, by: Actor, userId: string): Promise<Member> {
  return changeMembership(db, workspaceId, by, userId, null);
}

async function changeMembership(
  db: Db,
  workspaceId: string,
  by: Actor,
  userId: string,
  role: Role | null,
  refuse?: (now: Member) => void,
): Promise<Member> {
  return db.transaction(async (tx) => {
    // One change at a time: two owners who leave at once must not both see the other one stay, and somebody who was
    // lowered a moment ago may not use the role that their request came in with.
    await tx.select().from(workspaces).where(eq(workspaces.id, workspaceId)).for('no key update');
    const people = await listMembers(tx, workspaceId);
    const actor = people.find((person) => person.userId === by.userId);
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
    const happened =
      role === null ? await endMembership(tx, workspaceId, person) : await changeRole(tx, person, role, theirs);
    if (role === null || !mayDo(role, 'managePeople'))
      happened.push(...(await removeInvitationsBy(tx, workspaceId, userId)));
    await record(tx, by, workspaceId, ...happened);
    return person;
  });
}

const targetOf = ({ userId, name }: Pick<Member, 'userId' | 'name'>): Happened['target'] => ({ id: userId, name });

async function changeRole(tx: Db, person: Member, role: Role, theirs: SQL | undefined): Promise<Happened[]> {
  await tx.update(members).set({ role }).where(theirs);
  return [{ what: 'member.changed', target: targetOf(person), before: { role: person.role }, after: { role } }];
}

/** Nobody comes back by an invitation of their own. A part of ending a membership, whose caller records what happened. */
export async function removeInvitationsBy(tx: Db, workspaceId: string, userId: string): Promise<Happened[]> {
  const isTheirs = and(eq(invitations.workspaceId, workspaceId), eq(invitations.invitedBy, userId));
  const { id, email, role } = invitations;
  const gone = await tx.delete(invitations).where(isTheirs).returning({ id, email, role });
  return gone.map((each) => ({
    what: 'invitation.deleted',
    target: { id: each.id, name: each.email },
    before: { email: each.email, role: each.role },
  }));
}

/** Takes somebody out of a workspace; the caller records what happened. */
export async function endMembership(
  tx: Db,
  workspaceId: string,
  person: Pick<Member, 'userId' | 'name' | 'email'>,
): Promise<Happened[]> {
  const theirs = and(eq(members.workspaceId, workspaceId), eq(members.userId, person.userId));
  const [before] = await tx.delete(members).where(theirs).returning({ role: members.role });
  // Also those that they said yes to by mail: as a member nobody would be asked again.
  const isToThem = sql`lower(${mailings.recipient}) = lower(${person.email})`;
  const { id, recipient, every } = mailings;
  const ended = await tx
    .delete(mailings)
    .where(and(eq(mailings.workspaceId, workspaceId), isToThem))
    .returning({ id, recipient, every });
  return [
    {
      what: 'member.removed',
      target: targetOf(person),
      before: { role: before?.role, email: person.email },
      tells: [{ kind: 'departure', workspaceId, userId: person.userId }],
    },
    ...ended.map(
      (mailing): Happened => ({
        what: 'mailing.deleted',
        target: { id: mailing.id, name: mailing.recipient },
        before: { recipient: mailing.recipient, every: mailing.every },
      }),
    ),
  ];
}
