import { addDays, addMonths } from '../zoned-time.ts';

export const rhythms = ['week', 'month'] as const;
export type Rhythm = (typeof rhythms)[number];

/** The last day of the week or month that begins on a day. */
export function lastDayOf(every: Rhythm, first: string): string {
  return every === 'week' ? addDays(first, 6) : addDays(addMonths(first, 1), -1);
}

/** What a rhythm is called, and when its mails go out on the workspace's clocks. */
export const rhythmWords: Readonly<Record<Rhythm, { name: string; when: string }>> = {
  week: { name: 'Weekly', when: 'Mondays at 7' },
  month: { name: 'Monthly', when: 'on the first of the month at 7' },
};
