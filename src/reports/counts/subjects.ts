import { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { getCampaign } from '../../links/links/campaigns.ts';
import { getLink } from '../../links/links/queries.ts';
import { getTag } from '../../links/links/tags.ts';
import { nameLinks } from './link-names.ts';
import { getScope, type Subject } from './queries.ts';

type Kind = Exclude<Subject['kind'], 'workspace'>;

/** Where the reports of a kind are, below the workspace. */
export const reportFolders = {
  link: 'links',
  campaign: 'reports/campaigns',
  tag: 'reports/tags',
  domain: 'reports/domains',
  qr: 'reports/qr-codes',
} as const satisfies Record<Kind, string>;

const makers: { [Each in Kind]: (id: string) => Extract<Subject, { kind: Each }> } = {
  link: (linkId) => ({ kind: 'link', linkId }),
  campaign: (campaignId) => ({ kind: 'campaign', campaignId }),
  tag: (tagId) => ({ kind: 'tag', tagId }),
  domain: (domainId) => ({ kind: 'domain', domainId }),
  qr: (slugId) => ({ kind: 'qr', slugId }),
};

const kinds = Object.keys(makers) as Kind[];

/** How forms and addresses name a subject: `campaign=9b2`; null for the workspace, which needs no name. */
export function fieldOf(subject: Subject): { name: Kind; value: string } | null {
  if (subject.kind === 'workspace') return null;
  if (subject.kind === 'link') return { name: 'link', value: subject.linkId };
  if (subject.kind === 'campaign') return { name: 'campaign', value: subject.campaignId };
  if (subject.kind === 'tag') return { name: 'tag', value: subject.tagId };
  if (subject.kind === 'domain') return { name: 'domain', value: subject.domainId };
  return { name: 'qr', value: subject.slugId };
}

/** A subject's place below the workspace, where its report is: 'links/4f7', 'reports/campaigns/9b2'. */
export function reportPath(subject: Subject): string {
  const field = fieldOf(subject);
  return field ? `${reportFolders[field.name]}/${field.value}` : 'reports';
}

/** The subject whose report is at a place; undefined where there is none. What reportPath() says, read back. */
export function subjectAt(place: string): Subject | undefined {
  if (place === 'reports') return { kind: 'workspace' };
  const [, folder, id = ''] = /^(.+)\/(\w+)$/.exec(place) ?? [];
  const kind = kinds.find((each) => reportFolders[each] === folder);
  return kind && makers[kind](id);
}

const named = z.string().regex(/^\w*$/, 'There is no such report.').default('');

/** What can be shared and mailed, by its field. Nothing, and nothing but empty fields, is the workspace. */
export const subjectFields = z.object({ link: named, campaign: named, tag: named });
export type SubjectFields = z.output<typeof subjectFields>;

/** The same for addresses that people may have cut short: what is no id names nothing. */
export const subjectQuery = z.object({ link: named.catch(''), campaign: named.catch(''), tag: named.catch('') });

/** What has a report, by its field. */
export const reportFields = subjectFields.extend({ domain: named, qr: named } satisfies Partial<Record<Kind, unknown>>);
export type ReportFields = { [Each in Kind]?: string | undefined };

/** @throws Invalid when two are named; its field ends in `suffix` */
function subjectBy(fields: ReportFields, suffix = ''): Subject {
  const [kind, second] = kinds.filter((each) => fields[each]);
  if (second)
    throw new Invalid('Ask for one thing at a time: a link, a campaign or a tag.', { field: `${second}${suffix}` });
  return kind ? makers[kind](fields[kind] ?? '') : { kind: 'workspace' };
}

/** What the API is asked about. @throws Invalid when it is two things */
export function subjectAsked(asked: { [Id in keyof SubjectIds]?: string | undefined }): Subject {
  return subjectBy({ link: asked.linkId, campaign: asked.campaignId, tag: asked.tagId }, 'Id');
}

/** A subject as a page speaks of it. */
export type NamedSubject = {
  subject: Subject;
  /** 'go.acme.com/spring', 'Launch', 'Acme'. */
  name: string;
  field: ReturnType<typeof fieldOf>;
  /** Path of its report. */
  path: string;
};

/**
 * Finds what a form or an address names.
 * @throws NotFound for what is gone or another workspace's; Invalid when two are named
 */
export async function openSubject(
  db: Db,
  workspace: { id: string; slug: string; name: string },
  asked: ReportFields,
): Promise<NamedSubject> {
  const subject = subjectBy(asked);
  const name = await nameOf(db, workspace, subject);
  return { subject, name, field: fieldOf(subject), path: `/w/${workspace.slug}/${reportPath(subject)}` };
}

async function nameOf(db: Db, { id, name }: { id: string; name: string }, subject: Subject): Promise<string> {
  if (subject.kind === 'workspace') return name;
  if (subject.kind === 'campaign') return (await getCampaign(db, id, subject.campaignId)).name;
  if (subject.kind === 'tag') return (await getTag(db, id, subject.tagId)).name;
  if (subject.kind === 'link') {
    const { domain, slug } = await getLink(db, id, subject.linkId);
    return `${domain}/${slug}`;
  }
  await getScope(db, id, subject);
  const itsId = subject.kind === 'domain' ? subject.domainId : subject.slugId;
  const itsName = (await nameLinks(db, id, [itsId]))[itsId] ?? '';
  return subject.kind === 'domain' ? itsName : `QR code of ${itsName}`;
}

const keptKinds = ['workspace', 'link', 'campaign', 'tag'] as const;

/** What can be shared and mailed: subjects that a row of those tables names. */
export type KeptSubject = Extract<Subject, { kind: (typeof keptKinds)[number] }>;

/** Whether it can be shared and mailed. */
export function isKept(subject: Subject): subject is KeptSubject {
  return keptKinds.some((kind) => kind === subject.kind);
}

/** How such a row names it: one of these at most is set, none for the whole workspace. */
export type SubjectIds = { linkId: string | null; campaignId: string | null; tagId: string | null };

/** The subject that a row names. */
export function subjectOf({ linkId, campaignId, tagId }: SubjectIds): KeptSubject {
  if (linkId !== null) return { kind: 'link', linkId };
  if (campaignId !== null) return { kind: 'campaign', campaignId };
  return tagId === null ? { kind: 'workspace' } : { kind: 'tag', tagId };
}

/** How a row is to name a subject; what subjectOf() reads back. */
export function idsOf(subject: KeptSubject): SubjectIds {
  const none = { linkId: null, campaignId: null, tagId: null };
  if (subject.kind === 'workspace') return none;
  if (subject.kind === 'link') return { ...none, linkId: subject.linkId };
  if (subject.kind === 'campaign') return { ...none, campaignId: subject.campaignId };
  return { ...none, tagId: subject.tagId };
}

/**
 * Finds what is to be shared or mailed.
 * @throws NotFound for what is gone or another workspace's; Invalid when two are named
 */
export async function openKept(
  db: Db,
  workspace: { id: string; slug: string; name: string },
  { link, campaign, tag }: SubjectFields,
): Promise<NamedSubject & { subject: KeptSubject }> {
  const about = await openSubject(db, workspace, { link, campaign, tag });
  if (!isKept(about.subject)) throw new Invalid('This report is not shared.');
  return { ...about, subject: about.subject };
}
