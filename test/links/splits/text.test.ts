import { describe, expect, it } from 'vitest';
import type { Split } from '../../../src/ground/addresses/split.ts';
import { rowsOfText } from '../../../src/links/splits/rows.ts';
import { linesOfSplit, splitOfText, textOfRows, wordsOfSplit } from '../../../src/links/splits/text.ts';
import { formatDateTime } from '../../../src/ground/text/format.ts';

const [b, c] = ['https://b.example/x?y=1', 'https://c.example/'];

/** A test of these versions, the link's own address as null. */
const splitOf = (versions: [string | null, number][], more: Partial<Split> = {}): Split => ({
  versions: versions.map(([url, weight]) => ({ url, weight })),
  endsAt: null,
  isPaused: false,
  ...more,
});

describe('the text of an A/B test', () => {
  it.each([
    ['nothing', ' \n ', null],
    [
      'one address',
      b,
      splitOf([
        [null, 1],
        [b, 1],
      ]),
    ],
    [
      'a percentage',
      `${b} 30`,
      splitOf([
        [null, 70],
        [b, 30],
      ]),
    ],
    [
      'a percentage with its sign',
      `${b} 30%\n${c} 20 %`,
      splitOf([
        [null, 50],
        [b, 30],
        [c, 20],
      ]),
    ],
    [
      'a percentage with a digit behind the point',
      `${b} 33.3\n${c} 33`,
      splitOf([
        [null, 337],
        [b, 333],
        [c, 330],
      ]),
    ],
    [
      'weights outright',
      `${b} 3\nown 700`,
      splitOf([
        [b, 3],
        [null, 700],
      ]),
    ],
    [
      'even shares in another order',
      `${b} own`,
      splitOf([
        [b, 1],
        [null, 1],
      ]),
    ],
    [
      'addresses without the own one',
      `own none ${b} ${c}`,
      splitOf([
        [b, 1],
        [c, 1],
      ]),
    ],
    [
      'all in one line',
      `${b} paused ends 2026-12-24T19:00+01:00`,
      splitOf(
        [
          [null, 1],
          [b, 1],
        ],
        { isPaused: true, endsAt: '2026-12-24T18:00:00.000Z' },
      ),
    ],
  ])('says %s', (_what, text, split) => {
    expect(splitOfText(text)).toEqual(split);
  });

  it.each<[string, Split]>([
    [
      'even shares',
      splitOf([
        [null, 1],
        [b, 1],
        [c, 1],
      ]),
    ],
    [
      'percentages',
      splitOf([
        [null, 50],
        [b, 30],
        [c, 20],
      ]),
    ],
    [
      'tenths of percentages',
      splitOf([
        [null, 333],
        [b, 333],
        [c, 334],
      ]),
    ],
    [
      'weights of a thousand that are whole percentages',
      splitOf([
        [null, 700],
        [b, 300],
      ]),
    ],
    [
      'percentages of which none is left',
      splitOf([
        [null, 0],
        [b, 100],
      ]),
    ],
    [
      'weights',
      splitOf([
        [null, 700],
        [b, 0],
        [c, 1],
      ]),
    ],
    [
      'even weights that are not 1',
      splitOf([
        [null, 5],
        [b, 5],
      ]),
    ],
    [
      'another first address',
      splitOf([
        [b, 50],
        [null, 50],
      ]),
    ],
    [
      'no own address',
      splitOf([
        [b, 1],
        [c, 1],
      ]),
    ],
    [
      'a pause and an end',
      splitOf(
        [
          [null, 1],
          [b, 1],
        ],
        { isPaused: true, endsAt: '2026-12-24T18:00:00.000Z' },
      ),
    ],
    [
      'a goal by which it ends',
      splitOf(
        [
          [null, 1],
          [b, 1],
        ],
        { endsByGoal: 'Vo3r8f' },
      ),
    ],
    [
      'an end at a second',
      splitOf(
        [
          [null, 1],
          [b, 1],
        ],
        { endsAt: '2026-12-24T18:00:30.000Z' },
      ),
    ],
    [
      'an end at a millisecond',
      splitOf(
        [
          [null, 1],
          [b, 1],
        ],
        { endsAt: '2026-12-24T18:00:30.125Z' },
      ),
    ],
  ])('is read again as it was: %s', (_what, split) => {
    expect(splitOfText(linesOfSplit(split).join('\n'))).toEqual(split);
    expect(splitOfText(linesOfSplit(split).join(' '))).toEqual(split);
    const fields = linesOfSplit(split).flatMap((line) =>
      /^http\S+ [\d.]+$/.test(line) ? line.split(' ') : [line, ''],
    );
    expect(textOfRows([...fields, '', ''])).toBe(linesOfSplit(split).join('\n'));
  });

  it.each([
    [`${b} 30 ${c}`, 'Give each address a share, or none of them.'],
    [`${b} 60 ${c} 60`, 'The shares are 120 % together. They have room in 100 %.'],
    [`${b} 30.55`, 'Write each share as a number, such as 30 or 33.3.'],
    [`own 1 ${b} 30.5`, 'Write each share as a whole number, such as 30.'],
    [`${b} -3`, 'Write each share as a whole number, such as 30.'],
    [`30 ${b}`, 'Write the number 30 behind an address.'],
    [`${b} ends tomorrow`, 'Write the end as an instant with its zone, such as 2026-12-24T18:00Z.'],
    [`${b} ends`, 'Write the end as an instant with its zone, such as 2026-12-24T18:00Z.'],
    ...['2027-02-30T00:00Z', '0000-01-01T00:00Z', '9999-12-31T23:59-14:00'].map((end): [string, string] => [
      `${b} ends ${end}`,
      'Write the end as an instant with its zone, such as 2026-12-24T18:00Z.',
    ]),
    [`${b} ends 2026-12-24T18:00`, 'Write the end as an instant with its zone, such as 2026-12-24T18:00Z.'],
  ])('is refused: %s', (text, sentence) => {
    expect(() => splitOfText(text)).toThrow(sentence);
  });

  it('is said in words', () => {
    const split = splitOf(
      [
        [null, 2],
        ['https://www.b.example/x', 1],
      ],
      { isPaused: true, endsAt: '2026-12-24T18:00:00.000Z' },
    );
    expect(wordsOfSplit(split, (at) => formatDateTime(at, 'UTC'))).toBe(
      `66.7 % own address, 33.3 % www.b.example/x; paused; ends ${formatDateTime(new Date('2026-12-24T18:00Z'), 'UTC')}`,
    );
  });
});

describe('rows of a form', () => {
  it.each([
    ['of nothing', '', 1, false, [['B', '', '']]],
    [
      'of percentages',
      `${b} 30\n${c}`,
      2,
      false,
      [
        ['B', b, '30'],
        ['C', c, ''],
      ],
    ],
    [
      'of weights',
      `${b} 3\nown 700`,
      2,
      true,
      [
        ['A', b, '3'],
        ['B', 'own', '700'],
      ],
    ],
    [
      'without the own address',
      `own none\n${b} 3`,
      2,
      true,
      [
        ['', 'own none', ''],
        ['A', b, '3'],
      ],
    ],
    ['of a host that only begins with the word', 'own.example', 1, false, [['B', 'own.example', '']]],
    ['of what is refused', `${b} 3 4`, 1, false, [['B', `${b} 3 4`, '']]],
  ])('have letters: %s', (_case, text, inSight, isOutright, rows) => {
    const read = rowsOfText(text, 3);
    expect(read).toMatchObject({ inSight, isOutright, isPaused: false, ends: [] });
    expect(read.rows).toHaveLength(3);
    expect(read.rows.slice(0, inSight).map(({ letter, address, share }) => [letter, address, share])).toEqual(rows);
  });

  it('are all that are filled, beside the pause and the end', () => {
    const read = rowsOfText(`${b}\npaused\nends 2026-12-24T18:00Z\nclear g1\n${c}`, 1);
    expect(read).toMatchObject({ inSight: 2, isPaused: true, clear: 'clear g1', ends: ['ends 2026-12-24T18:00Z'] });
    expect(read.rows.map(({ letter }) => letter)).toEqual(['B', 'C']);
  });
});
