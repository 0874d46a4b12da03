import type { Decision } from '../routing/decide.ts';

/** The words of a page about a link that is over; `says` goes on after the short link itself. */
type Ending = { heading: string; says: string };

const over: Ending = {
  heading: 'This link has ended',
  says: 'used to lead somewhere and no longer does. Whoever gave it to you may have a newer one.',
};

/** THE list of why a link may be over, each with what its visitors read. They are not told who ended it, nor how. */
export const endings: Readonly<Record<Decision<'ended'>['why'], Ending>> = {
  archived: over,
  retired: over,
  deleted: over,
};
