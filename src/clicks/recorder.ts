import { Client } from 'pg';
import { batchParameters, KnownVisitors, recordHits } from './batch.ts';
import type { Hit } from './hit.ts';

/** More hits than this wait for the next batch: it bounds the statement, and what one failure can touch. */
const maxBatch = 2_000;

/** How many visitors a node remembers as recorded; about 100 bytes each. */
const knownVisitors = 200_000;

/** How long a batch is tried again before its visitors are told to come back, in milliseconds. */
const patienceMs = 5_000;

export type Recorder = {
  /** Resolves when the hit is committed in Postgres; rejects when it could not be. */
  record(hit: Hit): Promise<void>;
  /** Commits what waits, then lets go of the connection. */
  close(): Promise<void>;
};

type Waiting = { hit: Hit; resolve: () => void; reject: (error: unknown) => void };

/**
 * Group commit: hits that are in flight together share one statement on a connection of its own, one batch under way at
 * a time; the next forms while it commits. There is no delay to wait for company: it would halve the rate.
 * @param onProblem told each time a batch has to be tried again
 */
export function startRecorder(databaseUrl: string, onProblem: (error: unknown) => void): Recorder {
  const known = new KnownVisitors(knownVisitors);
  let waiting: Waiting[] = [];
  let underWay: Promise<void> | undefined;
  let client: Client | undefined;

  async function connected(): Promise<Client> {
    if (client) return client;
    const fresh = new Client({ connectionString: databaseUrl, keepAlive: true, connectionTimeoutMillis: 1_000 });
    fresh.on('error', () => {
      if (client === fresh) client = undefined;
    });
    await fresh.connect();
    client = fresh;
    return fresh;
  }

  async function commit(hits: readonly Hit[]): Promise<void> {
    const sightings = known.unknownOf(hits);
    const values = batchParameters(hits, sightings);
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      try {
        await (await connected()).query({ ...recordHits, values });
        known.remember(sightings);
        return;
      } catch (error) {
        onProblem(error);
        const broken = client;
        client = undefined;
        broken?.end().catch(() => {});
        if (Date.now() >= giveUpAt) throw error;
        await new Promise((resume) => setTimeout(resume, 100));
      }
    }
  }

  async function commitNext(): Promise<void> {
    const batch = waiting.splice(0, maxBatch);
    try {
      await commit(batch.map((entry) => entry.hit));
      for (const entry of batch) entry.resolve();
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
    underWay = undefined;
    if (waiting.length > 0) start();
  }

  function start(): void {
    underWay = new Promise<void>((resolve) => setImmediate(resolve)).then(commitNext);
  }

  return {
    record(hit) {
      return new Promise<void>((resolve, reject) => {
        waiting.push({ hit, resolve, reject });
        if (!underWay) start();
      });
    },
    async close() {
      for (let last = underWay; last; last = underWay) await last;
      await client?.end();
    },
  };
}
