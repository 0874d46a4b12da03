import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Filter } from '../counts/filter.ts';
import { keepFilters } from '../pages/kept-filters.ts';
import { idsOf, type KeptSubject, type SubjectIds, subjectOf } from '../counts/subjects.ts';
import type { Db } from '../../ground/db/db.ts';
import { countForInsert } from '../../ground/db/limits.ts';
import { mailings, mailingsSent } from '../../ground/db/schema.ts';
import type { Actor } from '../../ground/events/actor.ts';
import type { Happened } from '../../ground/events/happened.ts';
import { record } from '../../ground/events/record.ts';
import { Conflict, Invalid, NotFound } from '../../ground/text/errors.ts';
import { newId } from '../../ground/text/id.ts';
import type { WeekStart } from '../../ground/time/week.ts';
import type { Rhythm } from './calendar.ts';

/** More than this is a newsletter, which others do better. */
const mostOfAWorkspace = 50;

export type Mailing = {
  id: string;
  every: Rhythm;
  recipient: string;
  /** 'go.acme.com/spring', 'Launch'; null for the whole workspace. */
  about: string | null;
  /** Its filters, as they are kept. */
  filters: string[];
  /** False while somebody who is no member has not said yes. */
  isGoing: boolean;
  lastSentAt: Date | null;
  /** Of the last one that was written: `waiting` for the mail server, or given up. */
  lastFate: 'sent' | 'waiting' | 'not sent';
};

const isMember = sql`exists (
  select 1 from members b join users u on u.id = b.user_id
  where b.workspace_id = m.workspace_id and lower(u.email) = lower(m.recipient))`;

/** The name of the subject of a mailing `m`; NULL for the whole workspace. */
const nameOfSubject = sql`coalesce(
  (select d.host || '/' || s.slug from slugs s join domains d on d.id = s.domain_id
   where s.link_id = m.link_id and s.kind = 'primary'),
  (select g.name from campaigns g where g.workspace_id = m.workspace_id and g.id = m.campaign_id),
  (select t.name from tags t where t.workspace_id = m.workspace_id and t.id = m.tag_id))`;

/** The mailings of a workspace, by address. */
export async function listMailings(db: Db, workspaceId: string): Promise<Mailing[]> {
  const { rows } = await db.execute(sql`
select m.id, m.every, m.recipient, m.filters, ${nameOfSubject} as about, m.confirmed_at is not null or ${isMember} as "isGoing",
       (select (extract(epoch from max(s.sent_at)) * 1000)::float8 from mailings_sent s where s.mailing_id = m.id and s.is_sent) as "lastSentAt",
       coalesce((select case when s.is_sent then 'sent' when e.next_try_at is not null then 'waiting' else 'not sent' end
         from mailings_sent s left join mails e on e.id = s.mail_id
         where s.mailing_id = m.id order by s.period desc limit 1), 'sent') as "lastFate"
from mailings m
where m.workspace_id = ${workspaceId}
order by lower(m.recipient), m.every desc, m.id`);
  return (rows as (Omit<Mailing, 'lastSentAt'> & { lastSentAt: number | null })[]).map((row) => ({
    ...row,
    lastSentAt: row.lastSentAt === null ? null : new Date(row.lastSentAt),
  }));
}

/**
 * Plans reports by mail.
 * @returns its id, and whether the reader has to say yes first
 * @throws Conflict field recipient when it is planned already; Invalid when there are too many, or its filters are too long
 */
export async function insertMailing(
  db: Db,
  workspaceId: string,
  by: Actor,
  {
    subject,
    filters,
    ...mailing
  }: { subject: KeptSubject; filters: readonly Filter[]; every: Rhythm; recipient: string },
): Promise<{ id: string; needsYes: boolean }> {
  return db.transaction(async (tx) => {
    if ((await countForInsert(tx, mailings, workspaceId)) >= mostOfAWorkspace)
      throw new Invalid(`A workspace mails up to ${mostOfAWorkspace} reports. End one first.`, {
        field: 'recipient',
        code: 'mailings_limit',
      });
    const after = { ...mailing, ...idsOf(subject), filters: keepFilters(filters) };
    const [made] = await tx
      .insert(mailings)
      .values({ id: newId(), workspaceId, createdBy: by.userId, ...after })
      .onConflictDoNothing()
      .returning({ id: mailings.id });
    if (!made) throw new Conflict('This address gets this report already.', { field: 'recipient' });
    const target = { id: made.id, name: mailing.recipient };
    await record(tx, by, workspaceId, { what: 'mailing.created', target, after });
    const { rows } = await tx.execute(sql`select ${isMember} as "isMember" from mailings m where m.id = ${made.id}`);
    return { id: made.id, needsYes: !(rows[0] as { isMember: boolean }).isMember };
  });
}

/** @throws NotFound */
export async function removeMailing(db: Db, workspaceId: string, by: Actor, mailingId: string): Promise<string> {
  return db.transaction(async (tx) => {
    const [gone] = await tx
      .delete(mailings)
      .where(and(eq(mailings.workspaceId, workspaceId), eq(mailings.id, mailingId)))
      .returning(eventColumns);
    if (!gone) throw new NotFound('There is no such mailing. It may have been ended already.');
    await record(tx, by, workspaceId, deletionOf(gone));
    return gone.recipient;
  });
}

const eventColumns = {
  id: mailings.id,
  workspaceId: mailings.workspaceId,
  recipient: mailings.recipient,
  every: mailings.every,
  filters: mailings.filters,
};

const deletionOf = (gone: Pick<typeof mailings.$inferSelect, keyof typeof eventColumns>): Happened => ({
  what: 'mailing.deleted',
  target: { id: gone.id, name: gone.recipient },
  before: { recipient: gone.recipient, every: gone.every, filters: gone.filters },
});

type ReadersMailing = {
  every: Rhythm;
  weekStartsOn: WeekStart;
  workspaceId: string;
  filters: string[];
  about: string;
  isGoing: boolean;
};

/** A mailing as its reader sees it, who has shown its token. Undefined once it is ended. */
export async function findMailingOfReader(db: Db, mailingId: string): Promise<ReadersMailing | undefined> {
  const { rows } = await db.execute(sql`
select m.every, w.week_starts_on as "weekStartsOn", m.workspace_id as "workspaceId", m.filters, coalesce(${nameOfSubject}, w.name) as about, m.confirmed_at is not null or ${isMember} as "isGoing"
from mailings m join workspaces w on w.id = m.workspace_id
where m.id = ${mailingId}`);
  return rows[0] as ReadersMailing | undefined;
}

/** The reader says yes; saying it again changes nothing. */
export async function confirmMailing(db: Db, by: Actor, mailingId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [confirmed] = await tx
      .update(mailings)
      .set({ confirmedAt: sql`now()` })
      .where(and(eq(mailings.id, mailingId), isNull(mailings.confirmedAt)))
      .returning({ ...eventColumns, confirmedAt: mailings.confirmedAt });
    if (!confirmed) return;
    await record(tx, asReader(by, confirmed), confirmed.workspaceId, {
      what: 'mailing.confirmed',
      target: { id: mailingId, name: confirmed.recipient },
      after: { confirmedAt: confirmed.confirmedAt },
    });
  });
}

/** A reader without an account is known by their mail, and their network is not kept: they agreed to nothing. */
const asReader = (by: Actor, mailing: { recipient: string }): Actor =>
  by.kind === 'person' && by.id === null ? { ...by, name: mailing.recipient, network: null } : by;

/** The mail that a claimed report became: it is not sent yet. */
export async function noteMail(
  tx: Db,
  { id, period }: Pick<DueMailing, 'id' | 'period'>,
  mailId: number,
): Promise<void> {
  await tx
    .update(mailingsSent)
    .set({ mailId, isSent: false })
    .where(and(eq(mailingsSent.mailingId, id), eq(mailingsSent.period, period)));
}

/** Reports count as sent once their mails were. */
export async function settleMailings(db: Db): Promise<void> {
  await db.execute(sql`
update mailings_sent s set is_sent = true, sent_at = e.sent_at, mail_id = null
from mails e where e.id = s.mail_id and e.sent_at is not null`);
}

/** The reader wants no more. */
export async function removeMailingOfReader(db: Db, by: Actor, mailingId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [gone] = await tx.delete(mailings).where(eq(mailings.id, mailingId)).returning(eventColumns);
    if (gone) await record(tx, asReader(by, gone), gone.workspaceId, deletionOf(gone));
  });
}

export type DueMailing = {
  id: string;
  workspaceId: string;
  workspaceSlug: string;
  timeZone: string;
  subject: KeptSubject;
  /** Its filters, as they are kept. */
  filters: string[];
  /** Its name: 'go.acme.com/spring', 'Launch', 'Acme'. */
  about: string;
  every: Rhythm;
  recipient: string;
  isMember: boolean;
  /** First day of the week or month to report. */
  period: string;
};

/**
 * Takes one mailing that is due, in a transaction: until it ends nobody else can take it, and once it is committed it is
 * done. Due is the last whole week or month on the workspace's calendar, from 7 o'clock of the day after, unless the
 * mailing is younger than that. After the first day of the week was changed, a week of which more than half was sent
 * already is not sent again.
 * @param except mailings that failed just now
 */
export async function claimDueMailing(tx: Db, now: Date, except: readonly string[]): Promise<DueMailing | undefined> {
  const local = sql`((${now.toISOString()}::timestamptz at time zone w.time_zone) - interval '7 hours')`;
  for (;;) {
    const { rows } = await tx.execute(sql`
select m.id, m.workspace_id as "workspaceId", w.slug as "workspaceSlug", w.time_zone as "timeZone",
       m.link_id as "linkId", m.campaign_id as "campaignId", m.tag_id as "tagId", m.filters,
       coalesce(${nameOfSubject}, w.name) as about, m.every, m.recipient,
       ${isMember} as "isMember", due.first::text as period
from mailings m
join workspaces w on w.id = m.workspace_id
cross join lateral (
  select (after - ('1 ' || m.every)::interval)::date as first, after
  from (
    select case m.every when 'week' then ${local}::date - (extract(dow from ${local})::int - w.week_starts_on + 7) % 7
                        else date_trunc('month', ${local})::date end as after
  ) b
) due
where (m.confirmed_at is not null or ${isMember})
  and (coalesce(m.confirmed_at, m.created_at) at time zone w.time_zone)::date < due.after
  and m.id <> all(${sql.param(except)}::text[])
  and (m.link_id is null or exists (select 1 from links l where l.id = m.link_id and l.deleted_at is null))
  and not exists (
    select 1 from mailings_sent s
    where s.mailing_id = m.id and (s.period = due.first or m.every = 'week' and s.period > due.first - 4))
order by m.id
limit 1
for update of m skip locked`);
    const found = rows[0] as (Omit<DueMailing, 'subject'> & SubjectIds) | undefined;
    if (!found) return undefined;
    const { linkId, campaignId, tagId, ...due } = found;
    const claimed = await tx
      .insert(mailingsSent)
      .values({ mailingId: due.id, period: due.period, sentAt: now })
      .onConflictDoNothing()
      .returning();
    // Another node was faster between our look and our lock.
    if (claimed.length > 0) return { ...due, subject: subjectOf(due.workspaceId, { linkId, campaignId, tagId }) };
  }
}
