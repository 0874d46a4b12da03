import type { SpoolDepth } from '../../visitors/clicks/spool.ts';
import type { JobState } from '../../ground/jobs/timetable.ts';

/** The state of this server at a moment. */
type Facts = {
  isStopping: boolean;
  /** The database answers questions. */
  isDatabaseThere: boolean;
  /** The recorder has given up on the database and writes to the spool. */
  isSpooling: boolean;
  /** False once announcements were found not to arrive. */
  hearsOfChanges: boolean;
  spool: SpoolDepth;
  /** Clicks that neither the database nor the disk took. */
  lost: { count: number; isLosing: boolean; lastAt: Date | null };
  jobs: readonly JobState[];
};

export type Readiness = {
  /** `degraded`: visitors are sent on, but something needs attention. */
  status: 'ok' | 'degraded' | 'stopping';
  database: { status: 'ok' | 'unreachable' };
  /** `unheard`: changes made on other servers are obeyed some seconds later. */
  announcements: { status: 'ok' | 'unheard' };
  spool: { status: 'empty' | 'filling' | 'draining'; clicks: number; oldestAt: string | null };
  /** `losing`: within the last five minutes clicks were lost. `lost`: how many since the start. */
  clicks: { status: 'ok' | 'losing'; lost: number; lastLostAt: string | null };
  jobs: { status: 'ok' | 'failing'; failing: string[] };
};

/**
 * Tells database, spool, clicks and jobs apart. Only a server that stops is not ready. One whose database is away still sends
 * visitors on from memory and keeps their clicks on its disk, and the database is away for its neighbours as well: taking
 * all of them out of the rotation would turn a slow dashboard into dead links.
 */
export function readinessOf({
  isStopping,
  isDatabaseThere,
  isSpooling,
  hearsOfChanges,
  spool,
  lost,
  jobs,
}: Facts): Readiness {
  const failing = jobs.filter(({ status }) => status !== 'ok').map(({ name }) => name);
  const isWell =
    isDatabaseThere && hearsOfChanges && !isSpooling && !lost.isLosing && spool.hits === 0 && failing.length === 0;
  return {
    status: isStopping ? 'stopping' : isWell ? 'ok' : 'degraded',
    database: { status: isDatabaseThere ? 'ok' : 'unreachable' },
    announcements: { status: hearsOfChanges ? 'ok' : 'unheard' },
    spool: {
      status: isSpooling ? 'filling' : spool.hits > 0 ? 'draining' : 'empty',
      clicks: spool.hits,
      oldestAt: spool.oldestAt?.toISOString() ?? null,
    },
    clicks: {
      status: lost.isLosing ? 'losing' : 'ok',
      lost: lost.count,
      lastLostAt: lost.lastAt?.toISOString() ?? null,
    },
    jobs: { status: failing.length === 0 ? 'ok' : 'failing', failing },
  };
}
