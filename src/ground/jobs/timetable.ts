/** A job as data: what it does, how often, how. Every node runs the timetable; what must run once takes a lock itself. */
export type Job = {
  name: string;
  everyMs: number;
  /**
   * For what costs less the more has come together: a run that took long is followed by a pause of twenty times as long,
   * `everyMs` at least and this at most.
   */
  atMostMs?: number;
  /** How long a run may take before it is late, in milliseconds; a minute unless told. */
  mayTakeMs?: number;
  /** @param now this server's clock when the run begins */
  run: (now: Date) => Promise<unknown>;
};

export type JobState = {
  name: string;
  runs: number;
  failures: number;
  /** `failing`: the last run failed; `late`: it has not ended for much longer than it should have. */
  status: 'ok' | 'failing' | 'late';
  /** When a run last went well. */
  succeededAt: Date | null;
};

export type Timetable = {
  states(now: Date): JobState[];
  /** No more runs; resolves when those under way have ended. */
  close(): Promise<void>;
};

/** A job that is so much behind its time is late, in milliseconds: some take a while, and the database may be slow. */
const slackMs = 60_000;

/**
 * Runs each job at start and then again `everyMs` or more after it ended, so that a slow one never overlaps itself.
 * @param onProblem told when a job failed; it runs again at its next time
 */
export function startTimetable(jobs: readonly Job[], onProblem: (job: Job, error: unknown) => void): Timetable {
  let isClosing = false;
  const entries = jobs.map((job) => new Entry(job));

  function schedule(entry: Entry, delayMs: number): void {
    if (isClosing) return;
    entry.dueAt = Date.now() + delayMs;
    entry.timer = setTimeout(() => {
      entry.running = run(entry);
    }, delayMs);
  }

  async function run(entry: Entry): Promise<void> {
    const startedAt = performance.now();
    try {
      await entry.job.run(new Date());
      entry.succeededAt = new Date();
      entry.isFailing = false;
    } catch (error) {
      entry.failures++;
      entry.isFailing = true;
      if (!isClosing) onProblem(entry.job, error);
    }
    entry.runs++;
    const { everyMs, atMostMs = everyMs } = entry.job;
    schedule(entry, Math.min(atMostMs, Math.max(everyMs, 20 * (performance.now() - startedAt))));
  }

  for (const entry of entries) schedule(entry, 0);
  return {
    states: (now) => entries.map((entry) => entry.state(now)),
    async close() {
      isClosing = true;
      for (const { timer } of entries) clearTimeout(timer);
      await Promise.all(entries.map(({ running }) => running));
    },
  };
}

/** One line of the timetable. */
class Entry {
  readonly job: Job;
  runs = 0;
  failures = 0;
  isFailing = false;
  succeededAt: Date | null = null;
  /** When it should have begun, in milliseconds since 1970. */
  dueAt = 0;
  timer: NodeJS.Timeout | undefined;
  running = Promise.resolve();

  constructor(job: Job) {
    this.job = job;
  }

  state(now: Date): JobState {
    const { runs, failures, succeededAt } = this;
    const isLate = now.getTime() > this.dueAt + (this.job.mayTakeMs ?? slackMs);
    return {
      name: this.job.name,
      runs,
      failures,
      status: isLate ? 'late' : this.isFailing ? 'failing' : 'ok',
      succeededAt,
    };
  }
}
