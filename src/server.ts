import closeWithGrace from 'close-with-grace';
import { ConfigError, loadEnvFile, readConfig } from './config.ts';
import { PostgresUnavailable } from './db/embedded/postgres-unavailable.ts';
import { startServer } from './start.ts';

/** How long a stop may take before it is cut short, in milliseconds. */
const patienceMs = 20_000;

/** The front door: `npm start`. What goes wrong before we listen is one sentence and exit code 1. */
try {
  loadEnvFile();
  const starting = startServer(readConfig());
  // Before the start has ended: a Ctrl-C in the first second must not leave a Postgres behind.
  closeWithGrace({ delay: patienceMs }, async ({ err }) => {
    const server = await starting.catch(() => undefined);
    if (err) server?.app.log.fatal({ err }, 'stopping after an error that nobody caught');
    await server?.close();
  });
  const { openAt } = await starting;
  console.log(`Waymark is at ${openAt}`);
} catch (error) {
  if (error instanceof ConfigError) console.error(`Waymark cannot start. Check its settings:\n${error.message}`);
  else if (error instanceof PostgresUnavailable) console.error(`Waymark cannot start. ${error.message}`);
  else console.error('Waymark cannot start.', error);
  process.exit(1);
}
