import { z } from 'zod';
import { links } from '../../ground/db/schema.ts';
import { composedLine } from '../../ground/text/composed.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { defineOption } from './option.ts';

const maxLength = 200;

export const titleOption = defineOption({
  name: 'title',
  label: 'Title',
  isInSight: false,
  field: { kind: 'text', attrs: { 'data-most': maxLength, autocomplete: 'off' } },
  read: (typed: string | null) => ({ title: readTitle(typed ?? '') }),
  show: (link) => link.title ?? '',
  json: {
    value: z.string().nullable().describe('Its title, `null` when it has none.'),
    sent: z
      .string('Write title as a string, or null for none.')
      .nullable()
      .describe('A name for you and your team.')
      .meta({ maxLength, examples: ['Spring sale'] }),
    of: (link) => link.title,
  },
  csv: { header: 'title', column: links.title },
});

function readTitle(typed: string): string | null {
  const read = composedLine(typed);
  if (read.length > maxLength)
    throw new Invalid(
      `A title has at most ${maxLength} characters. This one has ${read.length.toLocaleString('en')}.`,
      {
        field: 'title',
        code: 'title_invalid',
      },
    );
  return read || null;
}
