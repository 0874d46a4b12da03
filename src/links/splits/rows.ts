import { z } from 'zod';
import { textOfRows, versionLetter } from './text.ts';

const joined = z.array(z.string()).transform(textOfRows);

/** The inputs of a test in a form as one text. */
export const typedRows = z.union([z.string(), joined]).catch('');
/** The same of a form that changes something: a test that is not sent stays as it is. */
export const leftRows = z.union([z.string(), joined]).optional().catch(undefined);

/** The text of a test as a form shows it. */
export type TestRows = {
  /** As many as the form may have; the letter of what is no version is ''. */
  rows: { letter: string; address: string; share: string }[];
  /** How many are seen at once. */
  inSight: number;
  /** Shares are weights, and not percentages. */
  isOutright: boolean;
  isPaused: boolean;
  /** The line by which it ends once a version is clearly ahead; '' for none. */
  clear: string;
  /** The lines of its end. */
  ends: string[];
};

/** @param most rows that the form has where no more are filled */
export function rowsOfText(text: string, most: number): TestRows {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const ends = lines.filter((line) => line.startsWith('ends '));
  const clear = lines.find((line) => /^clear \S+$/.test(line)) ?? '';
  const filled = lines.filter((line) => line !== 'paused' && line !== clear && !ends.includes(line)).map(rowOf);
  const [first] = filled;
  const isOwnLeftOut = first?.address === 'own none';
  const isOutright = isOwnLeftOut || filled.some(({ address }) => address === 'own');
  // Percentages are of the addresses beside the link's own, which is A.
  const firstVersion = isOwnLeftOut ? 0 : isOutright ? 1 : 2;
  return {
    rows: Array.from({ length: Math.max(most, filled.length) }, (_, index) => {
      const version = firstVersion + index;
      return { letter: version === 0 ? '' : versionLetter(version), ...(filled[index] ?? { address: '', share: '' }) };
    }),
    inSight: Math.max(1, filled.length),
    isOutright,
    isPaused: lines.includes('paused'),
    clear,
    ends,
  };
}

/** A line that is no address with a share stays whole, so that its refusal shows what was typed. */
function rowOf(line: string): { address: string; share: string } {
  const [address = '', share = '', ...more] = line.split(' ');
  return more.length > 0 || share === 'none' ? { address: line, share: '' } : { address, share };
}
