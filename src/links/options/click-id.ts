import { z } from 'zod';
import { links } from '../../ground/db/schema.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { defineOption } from './option.ts';

export const clickIdOption = defineOption({
  name: 'clickIdName',
  label: 'Click ID parameter',
  isInSight: false,
  isRare: true,
  field: {
    kind: 'text',
    hint: 'For conversions: a parameter, usually wm_cid, that tells the destination which click it was. Ask for consent where your law asks for it: such an id counts as tracking. Empty adds none.',
    attrs: { placeholder: 'wm_cid', 'data-most': 30, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' },
  },
  read: (typed: string | null) => ({ clickIdName: readClickIdName(typed ?? '') }),
  show: (link) => link.clickIdName ?? '',
  json: {
    value: z
      .string()
      .nullable()
      .describe('The parameter of the destination that gets an id of each click, `null` for none.'),
    sent: z
      .string('Write clickIdName as a string, or null for none.')
      .nullable()
      .describe(
        'A parameter, such as `wm_cid`, that gets an id of each click at the destination, for conversions. Ask for consent where your law asks for it.',
      )
      .meta({ maxLength: 30, examples: ['wm_cid'] }),
    of: (link) => link.clickIdName,
  },
  csv: { header: 'click_id_parameter', column: links.clickIdName },
});

function readClickIdName(typed: string): string | null {
  const name = typed.trim();
  if (name === '') return null;
  if (/^[a-z][\w-]{0,29}$/i.test(name) && !/^utm_/i.test(name)) return name;
  throw new Invalid(
    'Name the parameter with up to 30 letters, figures, _ and -, a letter first. utm_ belongs to campaigns. Most choose wm_cid.',
    { field: 'clickIdName', code: 'click_id_name_invalid' },
  );
}
