import { formatDate, plural } from '../../ground/text/format.ts';
import type { Note } from './notes.ts';
import type { Report } from '../counts/report.ts';

type MarkedNote = { id: string | null; day: string; text: string };

/** Notes of one step of a chart under one number, and where it stands, in percent of the width. */
export type NoteMark = { number: number; at: string; notes: MarkedNote[] };

/** Marks on one chart; more would hide it. */
const mostMarks = 20;

/** Changes that one mark tells; a program may make hundreds in a day. */
const mostTold = 5;

/** The notes of a report as its chart shows them: those of one step stand together, and the same change is told once. */
export function noteMarks({ period, steps }: Pick<Report, 'period' | 'steps'>, notes: readonly Note[]): NoteMark[] {
  const bySteps = new Map<number, Note[]>();
  for (const note of notes) {
    const step = steps.findIndex(({ start, end }) => start <= note.at && note.at < end);
    bySteps.set(Math.max(0, step), [...(bySteps.get(Math.max(0, step)) ?? []), note]);
  }
  return [...bySteps]
    .toSorted(([one], [other]) => one - other)
    .slice(-mostMarks)
    .map(([step, of], index) => ({
      number: index + 1,
      at: `${(100 * (steps.length > 1 ? step / (steps.length - 1) : 0.5)).toFixed(2)}%`,
      notes: told(of.map(({ id, at, text }) => ({ id, day: formatDate(at, period.timeZone), text }))),
    }));
}

/** Notes of people as they are; of all else the newest, with how often each was. */
function told(notes: readonly MarkedNote[]): MarkedNote[] {
  const isSame = (one: MarkedNote, other: MarkedNote) =>
    one.id === null && other.id === null && one.day === other.day && one.text === other.text;
  const last = notes.filter((note, index) => !notes.slice(index + 1).some((later) => isSame(note, later)));
  const automatic = last.filter(({ id }) => id === null);
  const leftOut = automatic.slice(0, -mostTold);
  const shown = last
    .filter((note) => !leftOut.includes(note))
    .map((note) => {
      const times = notes.filter((each) => isSame(each, note)).length;
      return times > 1 ? { ...note, text: `${note.text} (${times} times)` } : note;
    });
  const [first] = leftOut;
  if (!first) return shown;
  return [{ ...first, text: `${plural(leftOut.length, 'earlier change')}, in the History` }, ...shown];
}
