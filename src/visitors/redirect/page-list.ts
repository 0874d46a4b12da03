import { formatDate, plural } from '../../ground/text/format.ts';
import type { OpenedPage } from '../openings/opening.ts';
import type { Plan } from '../routing/plan.ts';
import { endings } from './endings.ts';

/** The pages that visitors meet besides those of openings: templates and words. Statuses and headers are for `pages.ts`. */

export const rootPage: OpenedPage = { template: 'visitors/redirect/root.eta', data: {} };

export const notFoundPage: OpenedPage = { template: 'visitors/redirect/not-found.eta', data: {} };

export const endedPage = (why: keyof typeof endings): OpenedPage => ({
  template: 'visitors/redirect/ended.eta',
  data: { ending: endings[why] },
});

export const limitedPage = (waitSeconds: number): OpenedPage => ({
  template: 'visitors/redirect/limited.eta',
  data: { wait: plural(waitSeconds, 'second') },
});

export const busyPage: OpenedPage = { template: 'visitors/redirect/busy.eta', data: {} };

/**
 * A request that is at fault itself; undefined where there are no words that would be true.
 * @param status 400 to 499
 */
export function refusedPage(status: number): OpenedPage | undefined {
  const refusal = refusals[status];
  return refusal && { template: 'visitors/redirect/refused.eta', data: { refusal } };
}

/** `says` goes on after the address. */
const refusals: Readonly<Record<number, { heading: string; says: string }>> = {
  400: {
    heading: 'This address cannot be read',
    says: 'is not written as a link can be. Check the spelling, or ask whoever gave it to you.',
  },
  405: {
    heading: 'This address can only be opened',
    says: 'takes nothing that is sent to it. Open it as a link instead.',
  },
};

/** A page of what a slug opens. @param hostHeader the host as the visitor wrote it */
export const openedPage = (
  { template, data }: OpenedPage,
  { slug, createdAt, timeZone }: Pick<Plan, 'slug' | 'createdAt' | 'timeZone'>,
  hostHeader: string,
): OpenedPage => ({
  template,
  data: {
    ...data,
    address: `${hostHeader}/${slug}`,
    createdOn: formatDate(new Date(createdAt), timeZone),
    continueHref: `/${encodeURIComponent(slug)}`,
  },
});
