import { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { Invalid } from '../../ground/text/errors.ts';
import type { WeekStart } from '../../ground/time/week.ts';
import { getCampaign } from '../../links/links/campaigns.ts';
import { getLink } from '../../links/links/queries.ts';
import { getTag } from '../../links/links/tags.ts';
import { kinds, type Subject, type SubjectKind, subjectKinds } from './kinds.ts';
import { nameLinks } from './link-names.ts';
import { type AskedPeriod, type Period, type PeriodInput, resolvePeriod } from './period.ts';
import { findFirstHitAt } from './beginning.ts';
import { getScope } from './queries.ts';

/** Kinds that forms and addresses name; a workspace needs no name. */
type Field = Exclude<SubjectKind, 'workspace'>;
const fields = subjectKinds.filter((kind) => kind !== 'workspace');

/** How forms and addresses name a subject: `campaign=9b2`; null for the workspace. */
export const fieldOf = ({ kind, id }: Subject): { name: Field; value: string } | null =>
  kind === 'workspace' ? null : { name: kind, value: id };

/** A subject's place below the workspace, where its report is: 'links/4f7', 'reports/campaigns/9b2'. */
export function reportPath(subject: Subject): string {
  const { folder } = kinds[subject.kind];
  return fieldOf(subject) ? `${folder}/${subject.id}` : folder;
}

/** The subject whose report is at a place; undefined where there is none. The inverse of reportPath(). */
export function subjectAt(place: string, workspaceId: string): Subject | undefined {
  if (place === kinds.workspace.folder) return { kind: 'workspace', id: workspaceId };
  const [, folder, id = ''] = /^(.+)\/(\w+)$/.exec(place) ?? [];
  const kind = fields.find((each) => kinds[each].folder === folder);
  return kind && { kind, id };
}

const named = z.string().regex(/^\w*$/, 'There is no such report.').default('');

/** The subject to share or mail, by its field. Without a field, or with empty ones, it is the workspace. */
export const subjectFields = z.object({ link: named, campaign: named, tag: named });
export type SubjectFields = z.output<typeof subjectFields>;

/** The same for addresses that people may have cut short: what is no id names nothing. */
export const subjectQuery = z.object({ link: named.catch(''), campaign: named.catch(''), tag: named.catch('') });

/** The subject of a report, by its field. */
export const reportFields = subjectFields.extend({ domain: named, qr: named } satisfies Partial<
  Record<Field, unknown>
>);
type ReportFields = { [Each in Field]?: string | undefined };

/** @throws Invalid when two are named; its field ends in `suffix` */
function subjectBy(workspaceId: string, asked: ReportFields, suffix = ''): Subject {
  const [kind, second] = fields.filter((each) => asked[each]);
  if (second)
    throw new Invalid('Ask for one thing at a time: a link, a campaign or a tag.', { field: `${second}${suffix}` });
  return kind ? { kind, id: asked[kind] ?? '' } : { kind: 'workspace', id: workspaceId };
}

/** The subject that the API is asked about. @throws Invalid when there are two */
export const subjectAsked = (
  workspaceId: string,
  { linkId, campaignId, tagId }: { [Id in keyof SubjectIds]?: string | undefined },
): Subject => subjectBy(workspaceId, { link: linkId, campaign: campaignId, tag: tagId }, 'Id');

/** A subject as a page speaks of it. */
export type NamedSubject = {
  subject: Subject;
  /** 'go.acme.com/spring', 'Launch', 'Acme'. */
  name: string;
  /** The name in little room: 'spring', 'Launch', 'acme'. */
  shortName: string;
  field: ReturnType<typeof fieldOf>;
  /** Path of its report. */
  path: string;
  section: (typeof kinds)[SubjectKind]['section'];
};

type Workspace = { id: string; slug: string; name: string };

/**
 * Finds what a form or an address names.
 * @throws NotFound for what is gone or another workspace's; Invalid when two are named
 */
export async function openSubject(db: Db, workspace: Workspace, asked: ReportFields): Promise<NamedSubject> {
  const subject = subjectBy(workspace.id, asked);
  const { name, shortName = name } = await names[subject.kind](db, workspace, subject.id);
  const path = `/w/${workspace.slug}/${reportPath(subject)}`;
  return { subject, name, shortName, field: fieldOf(subject), path, section: kinds[subject.kind].section };
}

type Named = { name: string; shortName?: string };

const names: Readonly<Record<SubjectKind, (db: Db, workspace: Workspace, id: string) => Promise<Named>>> = {
  workspace: async (_db, { name, slug }) => ({ name, shortName: slug }),
  link: async (db, workspace, id) => {
    const { domain, slug } = await getLink(db, workspace.id, id);
    return { name: `${domain}/${slug}`, shortName: slug };
  },
  campaign: (db, workspace, id) => getCampaign(db, workspace.id, id),
  tag: (db, workspace, id) => getTag(db, workspace.id, id),
  domain: async (db, workspace, id) => ({ name: await nameOfPart(db, workspace.id, 'domain', id) }),
  qr: async (db, workspace, id) => ({ name: `QR code of ${await nameOfPart(db, workspace.id, 'qr', id)}` }),
};

async function nameOfPart(db: Db, workspaceId: string, kind: 'domain' | 'qr', id: string): Promise<string> {
  await getScope(db, workspaceId, { kind, id });
  return (await nameLinks(db, workspaceId, [{ dimension: kind, value: id }]))[kind]?.[id] ?? '';
}

type Asked = AskedPeriod & Pick<PeriodInput, 'interval'>;

/**
 * The period that a report of a subject is asked for; where all time begins is looked up.
 * @param workspace with the zone in which its days are meant
 * @throws Invalid as resolvePeriod
 */
export async function periodAsked(
  db: Db,
  { id, timeZone, weekStartsOn }: { id: string; timeZone: string; weekStartsOn: WeekStart },
  subject: Subject,
  { period, from, to, interval }: Asked,
  now: Date,
): Promise<Period> {
  const firstHitAt = period === 'all' ? await findFirstHitAt(db, id, subject) : null;
  return resolvePeriod({ period, from, to, interval, timeZone, weekStartsOn, now, firstHitAt });
}

/**
 * Finds the report that a form or an address asks for: what it is about, and its period.
 * @throws as openSubject and resolvePeriod
 */
export async function openReport(
  db: Db,
  workspace: Workspace & { timeZone: string; weekStartsOn: WeekStart },
  asked: ReportFields & Asked,
  now: Date,
): Promise<NamedSubject & { period: Period }> {
  const about = await openSubject(db, workspace, asked);
  return { ...about, period: await periodAsked(db, workspace, about.subject, asked, now) };
}

/** How rows of tables that keep a subject name it: one of these at most is set, none for the whole workspace. */
export type SubjectIds = { linkId: string | null; campaignId: string | null; tagId: string | null };

const columns = { link: 'linkId', campaign: 'campaignId', tag: 'tagId' } as const;
const kept = Object.keys(columns) as (keyof typeof columns)[];

/** Subjects that can be shared and mailed: those that a row of these tables names. */
export type KeptSubject = { kind: 'workspace' | keyof typeof columns; id: string };

/** Whether it can be shared and mailed. */
export const isKept = (subject: Subject): subject is KeptSubject =>
  fieldOf(subject) === null || subject.kind in columns;

/** The subject that a row names. */
export function subjectOf(workspaceId: string, ids: SubjectIds): KeptSubject {
  const kind = kept.find((each) => ids[columns[each]] !== null);
  return kind ? { kind, id: ids[columns[kind]] ?? '' } : { kind: 'workspace', id: workspaceId };
}

/** How a row is to name a subject; what subjectOf() reads back. */
export const idsOf = ({ kind, id }: KeptSubject): SubjectIds => ({
  linkId: null,
  campaignId: null,
  tagId: null,
  ...(kind !== 'workspace' && { [columns[kind]]: id }),
});

/**
 * Finds what is to be shared or mailed.
 * @throws NotFound for what is gone or another workspace's; Invalid when two are named
 */
export async function openKept(
  db: Db,
  workspace: Workspace,
  { link, campaign, tag }: SubjectFields,
): Promise<NamedSubject & { subject: KeptSubject }> {
  const about = await openSubject(db, workspace, { link, campaign, tag });
  if (!isKept(about.subject)) throw new Invalid('This report is not shared.');
  return { ...about, subject: about.subject };
}
