import { z } from 'zod';
import type { Split } from '../../ground/addresses/split.ts';
import { links } from '../../ground/db/schema.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { formatDateTime } from '../../ground/text/format.ts';
import {
  instantOf,
  linesOfSplit,
  maxVersions,
  maxWeight,
  refuseBroken,
  splitOfText,
  wordsOfSplit,
} from '../splits/text.ts';
import { refuseOtherGoal } from '../reading/ending-goal.ts';
import { rowsOfText } from '../splits/rows.ts';
import type { LinkContext } from '../reading/context.ts';
import { readUrl } from '../reading/url.ts';
import { defineOption } from './option.ts';

const version = z.strictObject({
  url: z
    .string('Write url as a string, or null for the address of the link itself.')
    .nullable()
    .describe('An address, or `null` for the one of the link itself.'),
  weight: z
    .number('Write weight as a number.')
    .describe('Its share is this by the sum of all: a whole number.')
    .meta({ type: 'integer', minimum: 0, maximum: maxWeight }),
});

const test = {
  versions: z
    .array(version, 'Write versions as a list of addresses with their weights.')
    .describe('The addresses, the first of which reports call A.')
    .meta({ minItems: 2, maxItems: maxVersions }),
};

type Sent = {
  versions: Split['versions'];
  endsAt?: string | null | undefined;
  paused?: boolean | undefined;
  endsByGoal?: string | null | undefined;
};

export const splitOption = defineOption({
  name: 'split',
  label: 'A/B test',
  isInSight: false,
  isRare: true,
  field: {
    kind: 'rows',
    hint: 'Visitors are split between these, evenly where you give no shares; else A has the rest. A visitor keeps to one. Other addresses, also another destination, begin a new test.',
    placeholder: 'https://example.com/version-b',
    rowsOf: (text) => rowsOfText(text, maxVersions - 1),
  },
  read: async (typed: string | Sent | null, context, workspaceId) => ({
    split:
      typeof typed === 'string'
        ? await readText(context, workspaceId, typed)
        : await readSent(context, workspaceId, typed),
  }),
  show: ({ split }) => linesOfSplit(split).join('\n'),
  words: ({ split }, timeZone) => (split ? wordsOfSplit(split, (at) => formatDateTime(at, timeZone)) : ''),
  json: {
    value: z
      .object({
        ...test,
        endsAt: z.string().nullable().describe('From this instant on all visitors go to `url`.'),
        paused: z.boolean().describe('While it is `true`, all visitors go to `url`.'),
        endsByGoal: z
          .string()
          .nullable()
          .describe('The id of a goal: the test ends by itself once a version is clearly ahead by it.'),
      })
      .nullable()
      .describe('The A/B test that splits its visitors, `null` when there is none.'),
    sent: z
      .strictObject(
        {
          ...test,
          endsAt: z
            .string('Write endsAt as a string, or null for no end.')
            .nullish()
            .describe('An instant from which on all visitors go to `url`.'),
          paused: z.boolean('Write paused as true or false.').optional().describe('`true`: all visitors go to `url`.'),
          endsByGoal: z
            .string('Write endsByGoal as a string, or null for none.')
            .nullish()
            .describe('The id of a goal by which the test ends once a version is clearly ahead.'),
        },
        {
          error: (issue) =>
            issue.code === 'unrecognized_keys'
              ? `There is no property "${issue.keys?.[0]}".`
              : 'Write split as an object, or null for none.',
        },
      )
      .nullable()
      .describe('An A/B test, `null` for none. Other addresses, or another `url` of the link, begin a new one.')
      .meta({
        examples: [
          {
            versions: [
              { url: null, weight: 1 },
              { url: 'https://www.acme.com/sale-b', weight: 1 },
            ],
          },
        ],
      }),
    of: ({ split }) =>
      split && {
        versions: split.versions,
        endsAt: split.endsAt,
        paused: split.isPaused,
        endsByGoal: split.endsByGoal ?? null,
      },
  },
  csv: {
    header: 'split',
    column: links.split,
    // On one line, which programs read more easily; it is read back all the same.
    text: (value) => linesOfSplit(value as Split | null).join(' '),
  },
});

/** Of a form, whose refusals stand at the one field. */
async function readText(context: LinkContext, workspaceId: string, text: string): Promise<Split | null> {
  try {
    const split = splitOfText(text);
    return split && (await readAddresses(context, workspaceId, split));
  } catch (error) {
    if (error instanceof Invalid) throw new Invalid(error.message, { field: 'split', code: error.code });
    throw error;
  }
}

async function readSent(context: LinkContext, workspaceId: string, sent: Sent | null): Promise<Split | null> {
  if (sent === null) return null;
  const { versions, endsAt, paused = false, endsByGoal } = sent;
  const end = typeof endsAt === 'string' ? instantOf(endsAt) : null;
  const split = { versions, endsAt: end, isPaused: paused, ...(typeof endsByGoal === 'string' && { endsByGoal }) };
  return readAddresses(context, workspaceId, split);
}

/** @throws Invalid with the path of the first thing that cannot be */
async function readAddresses(context: LinkContext, workspaceId: string, split: Split): Promise<Split> {
  // Before addresses are looked up one by one.
  refuseBroken(split);
  const versions: Split['versions'] = [];
  for (const [index, { url, weight }] of split.versions.entries()) {
    const path = `split.versions[${index}].url`;
    versions.push({ url: url === null ? null : await readUrl(context, workspaceId, url, path), weight });
  }
  const read = { ...split, versions };
  refuseBroken(read);
  await refuseOtherGoal(context, workspaceId, read.endsByGoal, 'split.endsByGoal');
  return read;
}
