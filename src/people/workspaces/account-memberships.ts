import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { apiKeys, invitations, workspaces } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import type { Happened } from '../../ground/events/happened.ts';
import { record } from '../../ground/events/record.ts';
import { endWorkspace } from './deletion.ts';
import { endMembership, type Member, removeInvitationsBy } from './members.ts';

/** A workspace of an account that is to be deleted. */
export type LeftWorkspace = {
  id: string;
  name: string;
  slug: string;
  /** `ends`: nobody else is in it. `stays`: others are. `stuck`: others are, and none of them is an owner. */
  fate: 'ends' | 'stays' | 'stuck';
};

/** The fate of a person's workspaces without them. One whose own deletion was asked for is stuck for nobody. */
export async function listLeftWorkspaces(db: Db, userId: string): Promise<LeftWorkspace[]> {
  const { rows } = await db.execute<LeftWorkspace>(sql`
select w.id, w.name, w.slug,
       case when others.people = 0 then 'ends'
            when m.role = 'owner' and others.owners = 0 and w.deletion_at is null then 'stuck'
            else 'stays' end as fate
from members m
join workspaces w on w.id = m.workspace_id
cross join lateral (
  select count(*) as people, count(*) filter (where role = 'owner') as owners
  from members o where o.workspace_id = w.id and o.user_id <> m.user_id
) others
where m.user_id = ${userId}
order by lower(w.name), w.id`);
  return rows;
}

/**
 * Ends every membership of an account that goes, and the workspaces in which nobody else is: the job of deletions takes
 * their rows. In the others its API keys go, its invitations, and reports mailed to its address. Links and reports that it made there stay.
 * @param tx ends its sessions too, so that it comes to no workspace meanwhile
 * @returns those that are stuck, where nothing was done at all
 */
export async function endMembershipsOf(
  tx: Db,
  by: Actor,
  person: { id: string; name: string; email: string },
): Promise<LeftWorkspace[]> {
  // One change at a time, as of all memberships; in one order, so that two who go at once do not wait for each other.
  await tx.execute(sql`
select from workspaces where id in (select workspace_id from members where user_id = ${person.id}) order by id for no key update`);
  const left = await listLeftWorkspaces(tx, person.id);
  const stuck = left.filter(({ fate }) => fate === 'stuck');
  if (stuck.length > 0) return stuck;
  for (const { id, fate } of left) {
    if (fate === 'ends') {
      // That it was deleted is kept for good, and its name may be theirs.
      const nameless = { name: 'a workspace of a deleted account', slug: id };
      const deletionAt = sql`coalesce(${workspaces.deletionAt}, now())`;
      await tx
        .update(workspaces)
        .set({ ...nameless, deletionAt })
        .where(eq(workspaces.id, id));
      await endWorkspace(tx, id, by);
    } else {
      const member: Pick<Member, 'userId' | 'name' | 'email'> = { ...person, userId: person.id };
      const happened = [
        ...(await endMembership(tx, id, member)),
        ...(await removeInvitationsBy(tx, id, person.id)),
        ...(await removeKeysOf(tx, id, person.id)),
      ];
      await record(tx, by, id, ...happened);
    }
  }
  await removeInvitationsTo(tx, by, person.email);
  return [];
}

/** Keys without a maker would be taken for the instance's own, so that theirs go before the account does. */
async function removeKeysOf(tx: Db, workspaceId: string, userId: string): Promise<Happened[]> {
  const { id, name, prefix } = apiKeys;
  const areTheirs = and(eq(apiKeys.workspaceId, workspaceId), eq(apiKeys.createdBy, userId));
  const gone = await tx.delete(apiKeys).where(areTheirs).returning({ id, name, prefix });
  return gone.map((key) => ({
    what: 'key.deleted',
    target: { id: key.id, name: key.name },
    before: { name: key.name, prefix: key.prefix },
  }));
}

async function removeInvitationsTo(tx: Db, by: Actor, email: string): Promise<void> {
  const { id, workspaceId, role } = invitations;
  const gone = await tx.delete(invitations).where(eq(invitations.email, email)).returning({ id, workspaceId, role });
  for (const invitation of gone)
    await record(tx, by, invitation.workspaceId, {
      what: 'invitation.deleted',
      target: { id: invitation.id, name: email },
      before: { email, role: invitation.role },
    });
}
