import type { Announcement } from '../db/notify.ts';

/** All that an event can say. The first word names what it happened to. */
export const whats = [
  'link.created',
  'link.changed',
  'link.archived',
  'link.restored',
  'link.deleted',
  'tag.created',
  'tag.changed',
  'tag.merged',
  'tag.deleted',
  'campaign.created',
  'campaign.changed',
  'campaign.deleted',
  'domain.created',
  'domain.changed',
  'domain.checked',
  'domain.proved',
  'domain.paused',
  'domain.lost',
  'domain.deleted',
  'member.joined',
  'member.changed',
  'member.removed',
  'invitation.created',
  'invitation.renewed',
  'invitation.deleted',
  'key.created',
  'key.deleted',
  'share.created',
  'share.deleted',
  'mailing.created',
  'mailing.confirmed',
  'mailing.deleted',
  'note.created',
  'note.deleted',
  'view.created',
  'view.changed',
  'view.deleted',
  'hits.imported',
  'workspace.created',
  'workspace.changed',
  'workspace.deleted',
  'workspace.erased',
  'account.created',
  'account.changed',
  'account.email_asked',
  'account.password_changed',
] as const;

export type What = (typeof whats)[number];

/** Fields of a thing under the names that code knows them by. Never a secret, nor the hash of one. */
export type Fields = Readonly<Record<string, unknown>>;

/** Something that was changed. */
export type Happened = {
  what: What;
  /** The thing, with the name that people know it by at this moment. */
  target: { id: string; name: string };
  /** The values before, whole or in part. Fields that are the same in `after` are left out of the event. */
  before?: Fields;
  after?: Fields;
  /** Announcements to the caches and streams of every node, told at commit. */
  tells?: readonly Announcement[];
};

/** The fields that an event keeps: those that differ; of a thing that came or went, those that say something. */
export function changedFields(
  before: Fields | undefined,
  after: Fields | undefined,
): { before: Fields | null; after: Fields | null } {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const differing = [...names].filter((name) => textOf(before?.[name]) !== textOf(after?.[name]));
  const pick = (of: Fields | undefined) => of && Object.fromEntries(differing.map((name) => [name, of[name] ?? null]));
  return { before: pick(before) ?? null, after: pick(after) ?? null };
}

/** Null, nothing, and an empty list say the same. */
function textOf(value: unknown): string {
  return Array.isArray(value) && value.length === 0 ? 'null' : (JSON.stringify(value) ?? 'null');
}
