import { addDays, utcDay } from './zoned-time.ts';

/** First days of a week that a workspace may choose, as Date and Postgres (`dow`) count them: Monday, Sunday, Saturday. */
export const weekStarts = [1, 0, 6] as const;

export type WeekStart = (typeof weekStarts)[number];

/** Monday first, as ISO 8601 counts. */
export const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** The name of a week's first day. */
export function nameOfWeekStart(weekStartsOn: WeekStart): string {
  return dayNames[(weekStartsOn + 6) % 7] ?? '';
}

/** The first day of the week that a day lies in. */
export function weekStart(day: string, weekStartsOn: WeekStart): string {
  return addDays(day, -((utcDay(day).getUTCDay() - weekStartsOn + 7) % 7));
}
