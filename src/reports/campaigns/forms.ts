import { z } from 'zod';
import { editFields } from '../../ground/http/edit-form.ts';
import { typed } from '../../ground/http/typed.ts';
import { Invalid, Refusals } from '../../ground/text/errors.ts';
import { type CampaignPlan, readCampaignName } from '../../links/links/campaigns.ts';
import { isDay } from '../../ground/time/zoned-time.ts';

export const campaignForm = z.object({ name: typed, startsOn: typed, endsOn: typed, goal: typed });
export const editCampaignForm = campaignForm.extend(editFields);

/** A campaign as its form shows it. */
export const textsOf = ({ name, startsOn, endsOn, goal }: CampaignPlan) => ({
  name,
  startsOn: startsOn ?? '',
  endsOn: endsOn ?? '',
  goal: goal === null ? '' : String(goal),
});

/** A campaign as a person or a program typed it; what is empty is not set. */
export type TypedCampaign = {
  name: string;
  startsOn?: string | null | undefined;
  endsOn?: string | null | undefined;
  goal?: string | number | null | undefined;
};

const maxGoal = 1_000_000_000;

/**
 * Reads a campaign: the one way in, for pages and the API.
 * @throws Invalid with its field (name, startsOn, endsOn or goal), Refused where there are several
 */
export function readPlan({ name, startsOn, endsOn, goal }: TypedCampaign): CampaignPlan {
  const refusals = new Refusals();
  const named = refusals.readNow(() => readCampaignName(name));
  const starts = refusals.readNow(() => readDay(startsOn ?? '', 'startsOn'));
  const ends = refusals.readNow(() => readLastDay(endsOn ?? '', starts ?? null));
  const meant = refusals.readNow(() => readGoal(String(goal ?? '')));
  return refusals.settle({ name: named, startsOn: starts, endsOn: ends, goal: meant });
}

function readLastDay(typedDay: string, startsOn: string | null): string | null {
  const day = readDay(typedDay, 'endsOn');
  if (day && startsOn && day < startsOn)
    throw new Invalid('The campaign ends before it starts.', { field: 'endsOn', code: 'day_invalid' });
  return day;
}

function readDay(typedDay: string, field: string): string | null {
  const day = typedDay.trim();
  if (day === '') return null;
  // Years beyond these are slips of the pen.
  if (isDay(day) && day >= '1970-01-01' && day < '2100-01-01') return day;
  throw new Invalid('Write a day like 2026-11-22.', { field, code: 'day_invalid' });
}

function readGoal(typedGoal: string): number | null {
  const digits = typedGoal.replace(/[\s,.'’_]/gu, '');
  if (digits === '') return null;
  const goal = /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
  if (goal >= 1 && goal <= maxGoal) return goal;
  throw new Invalid(`A goal is a whole number of clicks, from 1 to ${maxGoal.toLocaleString('en')}.`, {
    field: 'goal',
    code: 'goal_invalid',
  });
}
