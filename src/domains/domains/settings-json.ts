import { z } from 'zod';
import { redirectStatuses, referrerPolicies } from './settings.ts';

const text = (name: string) => z.string(`Write ${name} as a string, or null for none.`).nullable();
const flag = (name: string) => z.boolean(`Write ${name} as true or false.`);

/** A domain's settings as programs read and write them. */
export const settings = {
  rootUrl: text('rootUrl')
    .describe('Where visitors of the bare domain are led. `null` shows a small page.')
    .meta({ examples: ['https://www.acme.com'] }),
  notFoundUrl: text('notFoundUrl')
    .describe(
      'Where visitors of links that do not exist are led. `{slug}` and `{query}` stand for what they asked for. `null` shows a page.',
    )
    .meta({ examples: ['https://www.acme.com/search?q={slug}'] }),
  expiredUrl: text('expiredUrl').describe('The same for links that are archived or deleted.'),
  brandName: text('brandName')
    .describe('The name on the pages of the domain.')
    .meta({ maxLength: 60, examples: ['Acme'] }),
  brandColor: text('brandColor')
    .describe('The colour of these pages, written like `#0f7b5c`.')
    .meta({ examples: ['#0f7b5c'] }),
  redirectStatus: z
    .int('Write redirectStatus as a number.')
    .describe('The status that redirects are answered with.')
    .meta({ enum: redirectStatuses, examples: [302] }),
  referrerPolicy: text('referrerPolicy')
    .describe('The header `Referrer-Policy` of redirects. `null` sends none.')
    .meta({ enum: [...referrerPolicies, null], examples: ['no-referrer'] }),
  isIndexed: flag('isIndexed').describe('Whether search engines may list the domain.'),
  robotsTxt: text('robotsTxt').describe('The text at `/robots.txt`, at most 10 kB. `null` lets everybody in.'),
  appleAppSiteAssociation: text('appleAppSiteAssociation').describe(
    'The file at `/.well-known/apple-app-site-association`: a JSON object, as text.',
  ),
  assetLinks: text('assetLinks').describe('The file at `/.well-known/assetlinks.json`: a JSON list, as text.'),
  isCaseSensitive: flag('isCaseSensitive').describe(
    'Whether upper and lower case make different slugs. It cannot be set back while slugs differ in nothing else (`slugs_collide`).',
  ),
  isDefault: flag('isDefault').describe('Whether new links are created on this domain when they name none.'),
};

export const hasLogo = z.boolean().describe('Whether the pages of the domain show a logo.');

/** A domain's settings, as the reference shows them. */
export const exampleOfSettings = {
  rootUrl: 'https://www.acme.com',
  notFoundUrl: null,
  expiredUrl: null,
  brandName: 'Acme',
  brandColor: '#0f7b5c',
  redirectStatus: 302,
  referrerPolicy: null,
  isIndexed: false,
  robotsTxt: null,
  appleAppSiteAssociation: null,
  assetLinks: null,
  isCaseSensitive: false,
  isDefault: true,
};
