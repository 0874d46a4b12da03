import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RecorderEvent } from '../../visitors/clicks/recorder.ts';
import type { SpoolDepth } from '../../visitors/clicks/spool.ts';
import type { JobState } from '../../ground/jobs/timetable.ts';
import type { Traffic } from '../../visitors/redirect/traffic.ts';
import type { Backlog } from '../../visitors/rollups/backlog.ts';

/** Sources of figures that are read only when asked for. */
export type MetricSources = {
  traffic: Traffic;
  spoolDepth: () => SpoolDepth;
  jobStates: (now: Date) => readonly JobState[];
  isDatabaseThere: () => boolean;
  countBacklog: () => Promise<Backlog | undefined>;
};

export type Metrics = {
  /** Takes in what the recorder tells. */
  observe: (event: RecorderEvent) => void;
  /** Everything in the text format of Prometheus. */
  read: () => Promise<string>;
};

/** How processes of one server are summed up (src/boot/workers.ts): most figures add up, these do not. */
type Aggregator = 'sum' | 'max' | 'min';

/** The figures that docs/operations.md explains, those of Node itself among them. */
export function openMetrics({ traffic, spoolDepth, jobStates, ...database }: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  /** A counter, one line a label's value, whose numbers are kept elsewhere. */
  function counter(name: string, help: string, label: string, read: () => Record<string, number>): void {
    const metric = new Counter({
      name,
      help,
      labelNames: [label],
      registers: [],
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
      },
    });
    registry.registerMetric(metric);
  }

  /** A figure that is read when somebody asks, and left out when it is not known. */
  function gauge(
    name: string,
    help: string,
    aggregator: Aggregator,
    read: () => number | Promise<number | undefined>,
  ): void {
    const metric = new Gauge({
      name,
      help,
      aggregator,
      registers: [],
      async collect() {
        const value = await read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
    registry.registerMetric(metric);
  }

  const fates = { committed: 0, spooled: 0, drained: 0, refused: 0, torn: 0, lost: 0 };
  counter('waymark_redirects_total', 'Requests on short hosts', 'outcome', () => traffic.outcomes);
  counter('waymark_hits_total', 'Hits by class', 'class', () => traffic.hits);
  counter('waymark_link_lookups_total', 'Where redirects found their link', 'source', () => traffic.lookups);
  counter('waymark_clicks_total', 'What became of hits', 'fate', () => fates);
  counter('waymark_job_runs_total', 'Runs of jobs', 'job', () => byJob(({ runs }) => runs));
  counter('waymark_job_failures_total', 'Runs of jobs that failed', 'job', () => byJob(({ failures }) => failures));
  gauge('waymark_spool_clicks', 'Clicks that wait on the disk', 'sum', () => spoolDepth().hits);
  gauge('waymark_spool_age_seconds', 'How long the oldest of them has waited', 'max', () => {
    const { oldestAt } = spoolDepth();
    return oldestAt ? Math.max(0, (Date.now() - oldestAt.getTime()) / 1_000) : 0;
  });

  gauge('waymark_database_up', '1 when the database answers within a second', 'min', () =>
    database.isDatabaseThere() ? 1 : 0,
  );
  // These share one question to the database.
  gauge('waymark_rollup_pending_clicks', 'Hits that the rollups still have to take in, about', 'max', async () => {
    return (await database.countBacklog())?.hits;
  });
  gauge('waymark_rollup_lag_seconds', 'How long the oldest of them has waited, about', 'max', async () => {
    return (await database.countBacklog())?.seconds;
  });
  gauge('waymark_inbox_refused_clicks', 'Hits that Postgres refuses to make rows of', 'max', async () => {
    return (await database.countBacklog())?.refused;
  });

  function byJob(read: (state: JobState) => number): Record<string, number> {
    return Object.fromEntries(jobStates(new Date()).map((state) => [state.name, read(state)]));
  }

  const batchSize = new Histogram({
    name: 'waymark_batch_hits',
    help: 'Hits that were committed together',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000],
    registers,
  });
  const commitTime = new Histogram({
    name: 'waymark_commit_seconds',
    help: 'Time a batch took, retries within the budget included',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });

  // A worker's figures are asked for by the process that holds the workers.
  AggregatorRegistry.setRegistries(registry);
  return {
    observe(event) {
      if (event.kind === 'batch') {
        batchSize.observe(event.hits);
        commitTime.observe(event.ms / 1_000);
        fates.committed += event.hits;
      } else if (event.kind === 'kept') fates[event.outcome] += event.hits;
      else if (event.kind === 'unread') fates.lost++;
      else if (event.kind === 'drained' || event.kind === 'refused' || event.kind === 'torn')
        fates[event.kind] += event.hits;
    },
    read: () => registry.metrics(),
  };
}
