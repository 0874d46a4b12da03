import cluster from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import { z } from 'zod';
import { Unavailable } from '../../ground/text/errors.ts';

/**
 * With several processes a scrape reaches any one of them. It asks the process that holds the workers, and that one
 * gathers the figures of all (prom-client does this half) and sums them up.
 */
const question = z.object({ waymark: z.literal('read-metrics'), id: z.number() });
const answer = z.object({ waymark: z.literal('metrics'), id: z.number(), text: z.string().nullable() });

/** In a worker, making it is what answers when the figures of this worker are gathered. */
const gathering = new AggregatorRegistry();

/** In the process that holds the workers: answers whoever of them asks. */
export function answerWorkers(): void {
  cluster.on('message', (worker, message) => {
    const asked = question.safeParse(message);
    if (!asked.success) return;
    const reply = (text: string | null) => {
      if (worker.isConnected()) worker.send({ waymark: 'metrics', id: asked.data.id, text });
    };
    gathering.clusterMetrics().then(reply, () => reply(null));
  });
}

/**
 * In a worker: the figures of all workers together.
 * @throws Unavailable when a worker does not answer within five seconds
 */
export function openWorkerMetrics(): () => Promise<string> {
  const asking = new Map<number, (text: string | null) => void>();
  let count = 0;
  process.on('message', (message) => {
    const answered = answer.safeParse(message);
    if (answered.success) asking.get(answered.data.id)?.(answered.data.text);
  });
  return async () => {
    const id = ++count;
    const text = await new Promise<string | null>((resolve) => {
      asking.set(id, resolve);
      process.send?.({ waymark: 'read-metrics', id });
    });
    asking.delete(id);
    if (text === null) throw new Unavailable();
    return text;
  };
}
