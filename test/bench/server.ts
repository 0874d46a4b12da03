import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Build, thisBuild } from './builds.ts';

/** Settings of a server that is measured. */
export const settingsOf = (port: number, databaseUrl: string, directory: string): NodeJS.ProcessEnv => ({
  ...process.env,
  HOST: '127.0.0.1',
  PORT: String(port),
  DATABASE_URL: databaseUrl,
  DATA_DIR: directory,
  LOG_LEVEL: 'warn',
});

/**
 * Starts the real server, with the flag of `npm start`.
 * @param log where its log goes: to this process's own, or to a pipe that the caller has to read
 */
export function startServer(
  env: NodeJS.ProcessEnv,
  { root }: Build = thisBuild,
  log: 'inherit' | 'pipe' = 'inherit',
): ChildProcess {
  const program = join(root, 'dist/server.js');
  const stdio = ['inherit', log, 'inherit'] as const;
  return spawn(process.execPath, ['--max-semi-space-size=64', program], { stdio: [...stdio], env });
}

/** Waits until a server takes visitors. @throws when it has ended: then whoever answers on its port is somebody else */
export async function untilReady(server: ChildProcess, port: number): Promise<void> {
  for (;;) {
    const isUp = await fetch(`http://localhost:${port}/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    await new Promise((resume) => setTimeout(resume, 300));
    if (server.exitCode !== null) throw new Error('The server did not start.');
    if (isUp) return;
  }
}
