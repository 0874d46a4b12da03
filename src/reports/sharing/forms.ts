import { z } from 'zod';
import { filterQuery } from '../counts/filter-query.ts';
import { subjectFields } from '../counts/subjects.ts';
import { oneLine } from '../../ground/text/one-line.ts';
import { dayStart, isDay, addDays } from '../../ground/time/zoned-time.ts';
import { partNames } from './parts.ts';

/** A new shared report. An empty password is none, an empty day is never. */
export const shareForm = subjectFields.extend({
  f: filterQuery('f'),
  title: oneLine('Give the report a title.', 120),
  parts: z
    .union([z.enum(partNames), z.array(z.enum(partNames))])
    .default([])
    .transform((parts) => [parts].flat()),
  password: z
    .string()
    .max(200, 'A password has at most 200 characters.')
    .refine((password) => password === '' || password.length >= 8, 'Use at least 8 characters, or none at all.')
    .default(''),
  expires: z
    .string()
    .refine((day) => day === '' || isDay(day), 'Write a day like 2026-11-22.')
    .default(''),
});

/** The instant after the last day on which it may be seen; null for never. */
export function endOf(lastDay: string, timeZone: string): Date | null {
  return lastDay === '' ? null : dayStart(addDays(lastDay, 1), timeZone);
}
