import { z } from 'zod';
import { filterQuery } from '../counts/filter-query.ts';
import { intervals, periodNames } from '../counts/period.ts';

/** An empty field of the range's form is one that was not filled in; a name that we do not know is one that was not given. */
const day = z
  .string()
  .transform((text) => text.trim() || undefined)
  .optional();
/** The query of a report's address, as it is read. */
export const reportQuery = z.object({
  period: z.enum(periodNames).optional().catch(undefined),
  interval: z.enum(intervals).optional().catch(undefined),
  from: day,
  to: day,
  f: filterQuery('f'),
  /** Id of the goal whose conversions are shown. */
  goal: z
    .string()
    .regex(/^\w{1,100}$/)
    .optional()
    .catch(undefined),
});
