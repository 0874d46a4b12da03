import { z } from 'zod';
import { warningAbout } from '../../ground/addresses/destination.ts';
import { links } from '../../ground/db/schema.ts';
import { readUrl, refuseLoops } from '../reading/url.ts';
import { defineMainOption, type Shown } from './option.ts';

export const urlOption = defineMainOption({
  name: 'url',
  label: 'Destination',
  isInSight: true,
  main: {
    opens: 'url',
    asNew: {
      label: 'Where should it lead?',
      placeholder: 'https://example.com/a-long-address',
      hints: '/links/same-destination',
    },
    changed: 'Visitors follow the new destination from now on.',
    shown: ({ url }) => shownUrl(url),
    refuseToOpen: refuseLoops,
  },
  field: {
    kind: 'text',
    hint: 'Visitors follow a change at once. The short link and its QR code stay as they are.',
    attrs: { inputmode: 'url', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' },
  },
  read: async (typed: string, context, workspaceId) => ({ url: await readUrl(context, workspaceId, typed) }),
  show: (link) => link.url,
  json: {
    value: z.string().describe('The destination, byte for byte as it was sent.'),
    sent: z
      .string('Write url as a string: the address that the link should lead to.')
      .describe('The destination: an http or https address. It is kept byte for byte.')
      .meta({ examples: ['https://www.acme.com/sale?season=spring'] }),
    of: (link) => link.url,
  },
  csv: { header: 'destination', column: links.url },
});

/** Without the parts that all destinations have in common. */
function shownUrl(url: string): Shown {
  return {
    verb: 'leads to',
    words: url,
    shortWords: url.replace(/^https?:\/\/(www\.)?/i, ''),
    href: url,
    // Lists show none of it, and asking costs more than all the rest.
    get warning() {
      return warningAbout(url);
    },
  };
}
