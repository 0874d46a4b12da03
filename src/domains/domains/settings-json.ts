import { z } from 'zod';
import { redirectStatuses, referrerPolicies } from './settings.ts';

const text = (name: string) => z.string(`Write ${name} as a string, or null for none.`).nullable();
const flag = (name: string) => z.boolean(`Write ${name} as true or false.`);

/** A domain's settings as programs read and write them. */
export const settings = {
  rootUrl: text('rootUrl')
    .describe('Where the bare host leads; null shows a small page.')
    .meta({ examples: ['https://www.acme.com'] }),
  notFoundUrl: text('notFoundUrl')
    .describe('Where unknown links lead. `{slug}` and `{query}` stand for what was asked for; null shows a page.')
    .meta({ examples: ['https://www.acme.com/search?q={slug}'] }),
  expiredUrl: text('expiredUrl').describe('The same for links that were archived or deleted.'),
  brandName: text('brandName')
    .describe('Shown on those pages, at most 60 characters.')
    .meta({ examples: ['Acme'] }),
  brandColor: text('brandColor')
    .describe('As #rrggbb.')
    .meta({ examples: ['#0f7b5c'] }),
  redirectStatus: z
    .int('Write redirectStatus as a number.')
    .describe(`Status of redirects: ${redirectStatuses.join(', ')}.`)
    .meta({ examples: [302] }),
  referrerPolicy: text('referrerPolicy')
    .describe(`Referrer-Policy header of redirects: ${referrerPolicies.join(', ')}; null sends none.`)
    .meta({ examples: ['no-referrer'] }),
  isIndexed: flag('isIndexed').describe('Whether search engines may list the domain.'),
  robotsTxt: text('robotsTxt').describe('Served as /robots.txt, at most 10 kB; null lets everybody in.'),
  appleAppSiteAssociation: text('appleAppSiteAssociation').describe(
    'Served as /.well-known/apple-app-site-association: a JSON object, as text.',
  ),
  assetLinks: text('assetLinks').describe('Served as /.well-known/assetlinks.json: a JSON list, as text.'),
  isCaseSensitive: flag('isCaseSensitive').describe(
    'Whether upper and lower case make different slugs. Setting it back is refused with 409 (`slugs_collide`) while slugs differ in nothing else.',
  ),
  isDefault: flag('isDefault').describe('Whether new links go here unless another domain is named.'),
};

export const hasLogo = z.boolean().describe('Whether the pages of the domain show a logo; it is set by itself.');
