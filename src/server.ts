import cluster from 'node:cluster';
import closeWithGrace from 'close-with-grace';
import { loadEnvFile, readConfig } from './config.ts';
import { describeError } from './ground/http/logging.ts';
import { sentenceOfFailure } from './boot/start-failure.ts';
import { startServer } from './boot/start.ts';
import { startWorkers } from './boot/workers.ts';

/** How long a stop may take after its drain before it is cut short, in milliseconds; its steps bound themselves below that. */
const patienceMs = 28_000;

const stopSignals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** The front door: `npm start`. An error before we listen is one sentence and exit code 1. */
const stopping = new AbortController();
try {
  loadEnvFile();
  const config = readConfig();
  const isHolder = config.webConcurrency > 1 && cluster.isPrimary;
  const starting = isHolder ? startWorkers(config, stopping.signal) : startServer(config, stopping.signal);
  stopWhenAsked(starting, config.drainMs + patienceMs);
  const { openAt } = await starting;
  if (cluster.isPrimary) console.log(`Waymark is at ${openAt}`);
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(sentenceOfFailure(error));
    process.exit(1);
  }
}

/**
 * A stop that is asked for twice is the same stop: a terminal and npm both pass Ctrl-C on, and service managers tell
 * workers as well as the process that holds them. It may be asked for before the start has ended: that must not leave a Postgres behind.
 */
function stopWhenAsked(starting: Promise<{ close(): Promise<void> }>, delay: number): void {
  const logger = {
    error: (problem: unknown) =>
      console.error(problem instanceof Error ? fatalLine('The stop was cut short.', problem) : problem),
  };
  const grace = closeWithGrace({ delay, skip: [...stopSignals], logger }, async ({ err }) => {
    if (err) console.error(fatalLine('Waymark stops after an error that nobody caught.', err));
    stopping.abort();
    const server = await starting.catch(() => undefined);
    await server?.close();
  });
  for (const signal of stopSignals) process.on(signal, () => grace.close());
}

/** As the log writes it, which may not be there yet or any more. */
function fatalLine(msg: string, error: unknown): string {
  return JSON.stringify({ level: 60, time: Date.now(), pid: process.pid, err: describeError(error), msg });
}
