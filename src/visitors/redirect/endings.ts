import type { Decision } from '../routing/decide.ts';

/** The words of a page about a link that is over; `says` goes on after the short link itself. */
export type Ending = { heading: string; says: string };

const over: Ending = {
  heading: 'This link has ended',
  says: 'used to lead somewhere and no longer does. Whoever gave it to you may have a newer one.',
};

/**
 * THE list of why a link may be over, each with what its visitors read. They are not told who ended it, nor how. The last
 * two have words before links can be so: a step of `routing/decide.ts` that names one of them needs nothing here.
 */
export const endings: Readonly<Record<Decision<'ended'>['why'] | 'expired' | 'paused', Ending>> = {
  archived: over,
  retired: over,
  deleted: over,
  expired: {
    heading: 'This link has expired',
    says: 'was open for a limited time, which is over. Whoever gave it to you may have a newer one.',
  },
  paused: {
    heading: 'This link is paused',
    says: 'does not lead anywhere at the moment. Try again later, or ask whoever gave it to you.',
  },
};
