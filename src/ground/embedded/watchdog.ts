import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { childEnvironment } from './account.ts';

/** Ends a server that is meant to be thrown away. */
export type Watchdog = Readonly<{
  /** Resolves when the server is stopped and its folder removed. */
  finish(): Promise<void>;
}>;

/** Waits for its input to end, stops the server without ceremony, gives it five seconds, and removes the folder ($0). */
const script = `
cat >/dev/null
lock=$0/pgdata/postmaster.pid
kill -QUIT "$(head -n 1 "$lock")"
for _ in $(seq 50); do [ -e "$lock" ] || break; sleep 0.1; done
rm -rf "$0"
`;

/**
 * Watches over a throw-away server from a process of its own. When we die, however suddenly, the pipe between us
 * closes, and the server goes with us.
 * @param directory the folder that goes with the server
 */
export function startWatchdog(directory: string): Watchdog {
  const watchdog = spawn('sh', ['-c', script, directory], {
    cwd: '/',
    env: childEnvironment,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  return {
    async finish() {
      watchdog.ref();
      const exit = once(watchdog, 'exit');
      watchdog.stdin.end();
      await exit;
    },
  };
}
