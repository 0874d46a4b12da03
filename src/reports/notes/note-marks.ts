import { formatDate } from '../../ground/text/format.ts';
import type { Note } from './notes.ts';
import type { Report } from '../counts/report.ts';

/** Notes of one step of a chart under one number, and where it stands, in percent of the width. */
export type NoteMark = { number: number; at: string; notes: { id: string | null; day: string; text: string }[] };

/** Marks on one chart; more would hide it. */
const mostMarks = 20;

/** The notes of a report as its chart shows them: those of one step stand together, and the same change is told once a day. */
export function noteMarks({ period, steps }: Pick<Report, 'period' | 'steps'>, notes: readonly Note[]): NoteMark[] {
  const bySteps = new Map<number, NoteMark['notes'][number][]>();
  const times = new Map<string, number>();
  for (const { id, at, text } of notes) {
    const step = Math.max(
      0,
      steps.findIndex(({ start, end }) => start <= at && at < end),
    );
    const day = formatDate(at, period.timeZone);
    const key = `${step} ${day} ${text}`;
    const count = id === null ? (times.get(key) ?? 0) + 1 : 1;
    if (id === null) times.set(key, count);
    if (count === 1) bySteps.set(step, [...(bySteps.get(step) ?? []), { id, day, text }]);
  }
  const timesOf = (step: number, { id, day, text }: NoteMark['notes'][number]) =>
    id === null ? (times.get(`${step} ${day} ${text}`) ?? 1) : 1;
  return [...bySteps]
    .toSorted(([one], [other]) => one - other)
    .slice(-mostMarks)
    .map(([step, of], index) => ({
      number: index + 1,
      at: `${(100 * (steps.length > 1 ? step / (steps.length - 1) : 0.5)).toFixed(2)}%`,
      notes: of.map((note) => {
        const count = timesOf(step, note);
        return { ...note, text: count > 1 ? `${note.text} (${count} times)` : note.text };
      }),
    }));
}
