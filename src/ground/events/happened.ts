import type { Announcement } from '../db/notify.ts';

/**
 * All that an event can say; the first word names the thing that it happened to. People read the words beside it between
 * the name of the one who did it and the name of the thing.
 */
export const whats = {
  'link.created': 'created the link',
  'link.changed': 'changed the link',
  'link.archived': 'archived the link',
  'link.restored': 'restored the link',
  'link.deleted': 'deleted the link',
  'tag.created': 'created the tag',
  'tag.changed': 'changed the tag',
  'tag.merged': 'merged the tag',
  'tag.deleted': 'deleted the tag',
  'campaign.created': 'created the campaign',
  'campaign.changed': 'changed the campaign',
  'campaign.deleted': 'deleted the campaign',
  'template.created': 'created the link template',
  'template.changed': 'changed the link template',
  'template.deleted': 'deleted the link template',
  'domain.created': 'added the domain',
  'domain.changed': 'changed the domain',
  'domain.checked': 'checked the domain',
  'domain.proved': 'proved the domain',
  'domain.paused': 'paused the domain',
  'domain.lost': 'gave another workspace the domain',
  'domain.deleted': 'removed the domain',
  'member.joined': 'joined the workspace under the name',
  'member.changed': 'changed the role of',
  'member.removed': 'removed the member',
  'invitation.created': 'invited',
  'invitation.renewed': 'invited again',
  'invitation.deleted': 'ended the invitation of',
  'key.created': 'created the API key',
  'key.deleted': 'deleted the API key',
  'share.created': 'shared the report',
  'share.deleted': 'stopped sharing the report',
  'mailing.created': 'set up reports by mail to',
  'mailing.confirmed': 'confirmed reports by mail to',
  'mailing.deleted': 'ended reports by mail to',
  'note.created': 'wrote the note',
  'note.deleted': 'deleted the note',
  'note.restored': 'brought back the note',
  'view.created': 'saved the view',
  'view.changed': 'changed the view',
  'view.deleted': 'deleted the view',
  'view.restored': 'brought back the view',
  'goal.created': 'added the goal',
  'goal.changed': 'changed the goal',
  'goal.deleted': 'deleted the goal',
  'postback.replaced': 'replaced the postback address of',
  'hits.imported': 'imported hits into',
  'workspace.created': 'created the workspace',
  'workspace.changed': 'changed the workspace',
  'workspace.deletion_asked': 'asked for the deletion of the workspace',
  'workspace.kept': 'kept the workspace',
  'workspace.deleted': 'deleted the workspace',
  'workspace.erased': 'erased the workspace',
  'account.created': 'created the account',
  'account.changed': 'changed the account',
  'account.email_asked': 'asked for another e-mail address for',
  'account.password_changed': 'changed the password of',
  'account.deletion_asked': 'asked for the deletion of the account',
  'account.kept': 'kept the account',
  'account.deleted': 'deleted the account',
} as const;

export type What = keyof typeof whats;

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
