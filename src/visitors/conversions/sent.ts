import type { Db } from '../../ground/db/db.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { composedLine } from '../../ground/text/composed.ts';
import { Invalid, NotFound } from '../../ground/text/errors.ts';
import { DAY } from '../../ground/time/zoned-time.ts';
import type { HitKey } from '../clicks/hit.ts';
import type { ClickIds } from './click-id.ts';
import { type ConversionGoal, ensureGoal, findGoal, readGoalName } from './goals.ts';
import { isCurrency, maxValue } from './money.ts';
import { type ConversionWay, type ReceivingWorkspace, takeConversion, type Taken, workspaceOfLink } from './take.ts';

/** A conversion as somebody sends it. */
export type TypedConversion = {
  clickId: string;
  goal: string;
  externalId?: string | undefined;
  /** In minor units. */
  value?: number | undefined;
  currency?: string | undefined;
  occurredAt?: Date | undefined;
  metadata?: Record<string, unknown> | undefined;
};

type Parts = { db: Db; clickIds: ClickIds; retentionDays: number | null };

/** The sender; with `by` a new goal may be made of a new name. */
type Sender = {
  via: ConversionWay;
  /** @throws when it may not send conversions of the workspace */
  check(workspace: ReceivingWorkspace): void;
  by?: Actor;
};

const minuteMs = 60_000;
const keptDays = 90;
export const maxExternalId = 100;
const maxMetadata = 10_000;

const refusal = (code: string, field: string, sentence: string) => new Invalid(sentence, { field, code });

/** The same for a click of nobody and of another workspace, which is not to be known. */
export const clickUnknown = (): Invalid => refusal('click_unknown', 'clickId', 'There is no such click.');

/**
 * Reads and takes in a conversion.
 * @returns what became of it, and its goal
 * @throws Invalid with the field that is wrong
 */
export async function sendConversion(
  { db, clickIds, retentionDays }: Parts,
  typed: TypedConversion,
  sender: Sender,
  now: Date,
): Promise<Taken & { goal: ConversionGoal }> {
  const key = readClickId(clickIds, typed.clickId, retentionDays, now);
  const workspace = await workspaceOfLink(db, key.linkId);
  if (!workspace) throw clickUnknown();
  sender.check(workspace);
  const { id: workspaceId } = workspace;
  const name = readGoalName(typed.goal);
  const externalId = composedLine(typed.externalId ?? '');
  if (externalId.length > maxExternalId)
    throw new Invalid(`externalId has at most ${maxExternalId} characters.`, { field: 'externalId' });
  const metadata = typed.metadata === undefined ? null : readMetadata(typed.metadata);
  const occurredAt = readOccurredAt(typed.occurredAt ?? now, key, now);
  const money = readMoney(typed);
  const { by, via } = sender;
  const goal = by ? await ensureGoal(db, workspaceId, by, name) : await findGoal(db, workspaceId, name);
  if (!goal)
    throw new NotFound('The workspace has no goal of this name. Add it in the settings first.', { field: 'goal' });
  return {
    goal,
    ...(await takeConversion(db, workspaceId, { key, goal, externalId, ...money, occurredAt, metadata, via })),
  };
}

/** @throws Invalid for an id that is not ours, was changed, or is too old */
function readClickId(clickIds: ClickIds, text: string, retentionDays: number | null, now: Date): HitKey {
  const key = clickIds.read(text);
  if (!key)
    throw refusal('click_id_invalid', 'clickId', 'This click id was not made here, or it was changed on its way.');
  const days = Math.min(keptDays, retentionDays ?? keptDays);
  if (now.getTime() - key.clickedAt > days * DAY)
    throw refusal('click_id_expired', 'clickId', `This click is more than ${days} days ago.`);
  return key;
}

/** @returns JSON */
function readMetadata(metadata: Record<string, unknown>): string {
  const field = 'metadata';
  let json: string;
  try {
    json = JSON.stringify(metadata);
  } catch {
    // Documents that the parser took may be too deep to be written again.
    throw new Invalid('metadata is nested too deeply.', { field });
  }
  if (json.length <= maxMetadata) return json;
  throw new Invalid(`metadata has at most ${maxMetadata.toLocaleString('en')} characters as JSON.`, { field });
}

/** Clocks may differ by some minutes. */
function readOccurredAt(at: Date, { clickedAt }: HitKey, now: Date): Date {
  const time = at.getTime();
  if (time >= clickedAt - 5 * minuteMs && time <= now.getTime() + 5 * minuteMs) return at;
  throw new Invalid('A conversion happens after its click, and not in the future.', { field: 'occurredAt' });
}

function readMoney({ value, currency }: TypedConversion): { value: number | null; currency: string | null } {
  if (value === undefined) return { value: null, currency: null };
  if (!Number.isInteger(value) || value < 0 || value > maxValue)
    throw refusal(
      'value_invalid',
      'value',
      'Write value as a whole number of the smallest unit, such as 1250 for 12.50 EUR.',
    );
  const code = (currency ?? '').toUpperCase();
  if (!isCurrency(code))
    throw refusal('value_invalid', 'currency', 'Name the currency of value in three letters, such as EUR.');
  return { value, currency: code };
}
