import { z } from 'zod';
import { readTagNames } from '../links/tags.ts';
import { defineOption } from './option.ts';

export const tagsOption = defineOption({
  name: 'tags',
  label: 'Tags',
  isInSight: true,
  field: {
    kind: 'names',
    hint: 'Separate tags with commas. A new name becomes a new tag.',
    source: '/tags/suggest',
    isMany: true,
  },
  // A form sends them in one text.
  read: (typed: string | readonly string[] | null) => ({ tags: readTagNames(typed ?? '') }),
  show: (link) => link.tags.map(({ name }) => name).join(', '),
  json: {
    value: z.array(z.string()).describe('The names of its tags.'),
    sent: z
      .array(
        z.string('Write each tag as a string.').max(200, 'The name of a tag has at most 50 characters.'),
        'Write tags as a list of names.',
      )
      .max(100, 'A link has at most 20 tags.')
      .describe('Names of tags. A new name becomes a new tag.')
      // As the link counts them, not as far as a body is read.
      .meta({ maxItems: 20, examples: [['newsletter', 'Spain']] }),
    of: (link) => link.tags.map(({ name }) => name),
  },
  csv: { header: 'tags', cell: (names) => names.tags },
});
