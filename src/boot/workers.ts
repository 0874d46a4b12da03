import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Closing } from './closing.ts';
import type { Config } from '../config.ts';
import { migrateDatabase } from '../ground/db/migrate.ts';
import { answerWorkers } from '../site/health/worker-metrics.ts';
import { complain, openPostgres, planConnections } from './start.ts';

/** How long workers may take to stop after their drain before they are killed, in milliseconds; each bounds its own steps. */
const workerPatienceMs = 20_000;

/** Pause before a worker is replaced that died soon after its start, in milliseconds; it doubles up to the longest. */
const [shortestPauseMs, longestPauseMs] = [500, 30_000];

/** A worker that lived so long had a good start, in milliseconds. */
const goodLifeMs = 60_000;

/**
 * Serves on one port with several processes. This one opens Postgres, migrates, and keeps the workers alive. They are
 * servers like any other (start.ts), and share the port.
 * @throws when a worker does not come up the first time, with everything closed
 */
export async function startWorkers(config: Config, signal: AbortSignal) {
  const closing = new Closing(complain);
  try {
    const { url, directUrl } = await openPostgres(config, closing, complain);
    signal.throwIfAborted();
    await planConnections(url, config);
    await migrateDatabase(directUrl, { onWait: complain });
    signal.throwIfAborted();
    answerWorkers();
    const fork = () => cluster.fork({ DATABASE_URL: url });
    const patienceMs = config.drainMs + workerPatienceMs;
    closing.add('the workers', patienceMs + 1_000, () => stopWorkers(patienceMs));
    await Promise.all(Array.from({ length: config.webConcurrency }, () => cameUp(fork())));
    const replace = replacer(fork, closing);
    cluster.on('exit', () => void replace());
  } catch (error) {
    await closing.all();
    throw error;
  }
  return { openAt: config.appUrl, close: () => closing.all() };
}

async function cameUp(worker: Worker): Promise<void> {
  const isUp = await Promise.race([once(worker, 'listening').then(() => true), once(worker, 'exit').then(() => false)]);
  if (!isUp) throw new Error('A worker did not come up; what it said stands above.');
}

/** Puts another worker in the place of one that is gone, later each time when they die young. */
function replacer(fork: () => Worker, closing: Closing): () => Promise<void> {
  let pauseMs = shortestPauseMs;
  let lastForkAt = Date.now();
  return async () => {
    if (closing.hasBegun) return;
    pauseMs = Date.now() - lastForkAt > goodLifeMs ? shortestPauseMs : Math.min(pauseMs * 2, longestPauseMs);
    complain(`A worker is gone; another one starts in ${pauseMs} ms.`);
    await sleep(pauseMs);
    if (closing.hasBegun) return;
    lastForkAt = Date.now();
    fork();
  };
}

async function stopWorkers(patienceMs: number): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  const killing = setTimeout(() => {
    for (const worker of workers) worker.process.kill('SIGKILL');
  }, patienceMs);
  await Promise.all(
    workers.map(async (worker) => {
      const gone = once(worker, 'exit');
      if (worker.isDead()) return;
      worker.process.kill('SIGTERM');
      await gone;
    }),
  );
  clearTimeout(killing);
}
