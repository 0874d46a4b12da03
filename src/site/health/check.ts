import { ConfigError, loadEnvFile, readConfig } from '../../config.ts';

/**
 * `node dist/site/health/check.js`: asks the server of these settings whether visitors may be sent to it, for containers and
 * service managers. Exit code 0 or 1. It reads HOST and PORT as the server does, wherever they are set.
 */
const patienceMs = 2_500;

/** An address that stands for all of this machine's is asked by its loopback. */
const loopbackOf: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

function addressOf({ host, port }: { host: string; port: number }): string {
  const name = loopbackOf[host] ?? host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}/health/ready`;
}

try {
  loadEnvFile();
  const address = addressOf(readConfig());
  const answer = await fetch(address, { signal: AbortSignal.timeout(patienceMs) });
  process.stdout.write(`${address}: ${answer.status} ${await answer.text()}\n`);
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  const sentence = error instanceof ConfigError ? error.message : `The server does not answer (${String(error)}).`;
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
