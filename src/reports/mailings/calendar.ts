import { nameOfWeekStart, type WeekStart } from '../../ground/time/week.ts';
import { addDays, addMonths } from '../../ground/time/zoned-time.ts';

export const rhythms = ['week', 'month'] as const;
export type Rhythm = (typeof rhythms)[number];

/** The last day of the week or month that begins on a day. */
export function lastDayOf(every: Rhythm, first: string): string {
  return every === 'week' ? addDays(first, 6) : addDays(addMonths(first, 1), -1);
}

/** How a report is called that comes so often: 'a weekly report'. */
export const rhythmAdjectives: Readonly<Record<Rhythm, string>> = { week: 'weekly', month: 'monthly' };

type RhythmWords = Readonly<Record<Rhythm, { name: string; when: string }>>;

/** The names of rhythms, and when their mails go out on the workspace's clocks: as soon as a week or a month is over. */
export function rhythmWords(weekStartsOn: WeekStart): RhythmWords {
  return {
    week: { name: 'Weekly', when: `${nameOfWeekStart(weekStartsOn)}s at 7` },
    month: { name: 'Monthly', when: 'on the first of the month at 7' },
  };
}
