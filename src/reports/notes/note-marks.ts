import { formatDate } from '../../ground/text/format.ts';
import type { Note } from './notes.ts';
import type { Report } from '../counts/report.ts';

/** A note with its number, its day, and where it stands on the chart, in percent of the width. */
export type NoteMark = { id: string | null; number: number; day: string; text: string; at: string };

/** The notes of a report as its chart shows them. */
export function noteMarks({ period, steps }: Pick<Report, 'period' | 'steps'>, notes: readonly Note[]): NoteMark[] {
  return notes.map(({ id, at, text }, index) => {
    const step = steps.findIndex(({ start, end }) => start <= at && at < end);
    const share = steps.length > 1 ? Math.max(0, step) / (steps.length - 1) : 0.5;
    return { id, number: index + 1, day: formatDate(at, period.timeZone), text, at: `${(100 * share).toFixed(2)}%` };
  });
}
