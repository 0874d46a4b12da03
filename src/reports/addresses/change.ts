import { formatPercent, plural } from '../../ground/text/format.ts';
import { isDayUnderWay, type Period } from '../counts/period.ts';
import { previousWords } from './period-links.ts';

/** How a count compares with the time before, in words; null when there is nothing to compare with. */
export type Change = { direction: 'up' | 'down' | 'same'; percent: string | null; words: string } | null;

/** @param one what is counted, such as 'click' */
export function changeIn(period: Period, { now, before }: { now: number; before: number }, one: string): Change {
  if (period.name === 'all' || period.isSinceCreation) return null;
  if (before + now === 0) return null;
  const words = previousWords(period);
  if (before === 0) return { direction: 'same', percent: null, words: `None ${words}.` };
  if (isDayUnderWay(period)) return { direction: 'same', percent: null, words: `${plural(before, one)} ${words}.` };
  if (now === before) return { direction: 'same', percent: null, words: `As many as ${words}.` };
  const isMore = now > before;
  return {
    direction: isMore ? 'up' : 'down',
    percent: formatPercent(Math.abs(now - before) / before),
    words: `${isMore ? 'more' : 'fewer'} than ${words}.`,
  };
}
