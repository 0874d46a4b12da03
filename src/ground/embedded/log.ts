import { stat, truncate } from 'node:fs/promises';
import type { Cluster } from './cluster.ts';

const maxBytes = 10 * 2 ** 20;

const hourMs = 60 * 60 * 1000;

/**
 * Empties the log of a server when it has more than 10 MB, now and each hour. Postgres appends to it and so begins anew.
 * @returns ends the watch
 */
export async function boundLog({ log }: Cluster): Promise<() => void> {
  const look = async () => {
    if ((await stat(log)).size > maxBytes) await truncate(log);
  };
  // A log that is not there yet, or not ours, is no reason to stop.
  const bound = () => look().catch(() => {});
  await bound();
  const timer = setInterval(() => void bound(), hourMs).unref();
  return () => clearInterval(timer);
}
