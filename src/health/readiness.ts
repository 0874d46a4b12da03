import type { SpoolDepth } from '../clicks/spool.ts';
import type { JobState } from '../jobs/timetable.ts';

/** What is known of this server at a moment. */
type Facts = {
  isStopping: boolean;
  /** The database answers questions. */
  isDatabaseThere: boolean;
  /** The recorder has given up on the database and writes to the spool. */
  isSpooling: boolean;
  spool: SpoolDepth;
  jobs: readonly JobState[];
};

export type Readiness = {
  /** `degraded`: visitors are sent on and clicks are kept, but something needs attention. */
  status: 'ok' | 'degraded' | 'stopping';
  database: { status: 'ok' | 'unreachable' };
  spool: { status: 'empty' | 'filling' | 'draining'; clicks: number; oldestAt: string | null };
  jobs: { status: 'ok' | 'failing'; failing: string[] };
};

/**
 * Tells database, spool and jobs apart. Only a server that stops is not ready. One whose database is away still sends
 * visitors on from memory and keeps their clicks on its disk, and the database is away for its neighbours as well: taking
 * all of them out of the rotation would turn a slow dashboard into dead links.
 */
export function readinessOf({ isStopping, isDatabaseThere, isSpooling, spool, jobs }: Facts): Readiness {
  const failing = jobs.filter(({ status }) => status !== 'ok').map(({ name }) => name);
  const isWell = isDatabaseThere && !isSpooling && spool.hits === 0 && failing.length === 0;
  return {
    status: isStopping ? 'stopping' : isWell ? 'ok' : 'degraded',
    database: { status: isDatabaseThere ? 'ok' : 'unreachable' },
    spool: {
      status: isSpooling ? 'filling' : spool.hits > 0 ? 'draining' : 'empty',
      clicks: spool.hits,
      oldestAt: spool.oldestAt?.toISOString() ?? null,
    },
    jobs: { status: failing.length === 0 ? 'ok' : 'failing', failing },
  };
}
