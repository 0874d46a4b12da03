/** A job as data: what it does, how often, how. Every node runs the timetable; what must run once takes a lock itself. */
export type Job = {
  name: string;
  everyMs: number;
  run: () => Promise<unknown>;
};

export type Timetable = { close(): Promise<void> };

/**
 * Runs each job at start and then again `everyMs` after it ended, so that a slow one never overlaps itself.
 * @param onProblem told when a job failed; it runs again at its next time
 */
export function startTimetable(jobs: readonly Job[], onProblem: (job: Job, error: unknown) => void): Timetable {
  let isClosing = false;
  const timers = new Map<Job, NodeJS.Timeout>();
  const running = new Map<Job, Promise<void>>();

  function schedule(job: Job, delayMs: number): void {
    if (isClosing) return;
    timers.set(
      job,
      setTimeout(() => running.set(job, run(job)), delayMs),
    );
  }

  async function run(job: Job): Promise<void> {
    try {
      await job.run();
    } catch (error) {
      if (!isClosing) onProblem(job, error);
    }
    schedule(job, job.everyMs);
  }

  for (const job of jobs) schedule(job, 0);
  return {
    async close() {
      isClosing = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}
