import { destinationTo, urlOpening } from '../openings/url.ts';
import type { OpenedPage } from '../openings/opening.ts';
import { busyPage, endedPage, limitedPage, notFoundPage, openedPage, rootPage } from './page-list.ts';

/** A host, and the time that its pages name. */
type Setting = { host: string; now: Date; timeZone: string };

type Sample = {
  label: string;
  /** Follows the host in the address that the visitor asked for. */
  path: string;
  page: (setting: Setting) => OpenedPage;
};

const destination = 'https://www.example.com/spring-sale?utm_source=newsletter&utm_campaign=spring';

/** THE list of pages that visitors meet, with made-up addresses, for those who choose how they look. */
export const samples = {
  preview: {
    label: 'Preview of a link',
    path: '/spring+',
    page: ({ host, now, timeZone }) => {
      const { template, data } = openedPage(
        urlOpening.preview(destinationTo(destination)),
        { slug: 'spring', createdAt: now.getTime(), timeZone },
        host,
      );
      return { template, data: { ...data, continueHref: '#' } };
    },
  },
  'not-found': { label: 'A link that does not exist', path: '/sprnig', page: () => notFoundPage },
  ended: { label: 'A link that has ended', path: '/winter', page: () => endedPage('archived') },
  limited: { label: 'Too many wrong links', path: '/a1b2c3', page: () => limitedPage(40) },
  root: { label: 'The domain alone', path: '/', page: () => rootPage },
  busy: { label: 'A server that is busy', path: '/spring', page: () => busyPage },
} satisfies Record<string, Sample>;

export type SampleName = keyof typeof samples;

export const sampleNames = Object.keys(samples) as [SampleName, ...SampleName[]];

/** A page as a visitor of that host would meet it, and the address that stands on it. */
export function samplePage(name: SampleName, setting: Setting): { page: OpenedPage; address: string } {
  const { page, path }: Sample = samples[name];
  return { page: page(setting), address: `${setting.host}${path}` };
}
