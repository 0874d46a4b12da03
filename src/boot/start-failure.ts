import { inspect } from 'node:util';
import { ConfigError } from '../config.ts';
import { PostgresUnavailable } from '../ground/db/postgres-unavailable.ts';
import { outageOf } from '../ground/reach/outage.ts';
import { describeError } from '../ground/http/logging.ts';

/** An error of Node about the port. */
type ListenError = NodeJS.ErrnoException & { address?: string; port?: number };

/** A start that failed, as a sentence with the way out; the stack only where nobody foresaw it. */
export function sentenceOfFailure(error: unknown): string {
  if (error instanceof ConfigError) return `Waymark cannot start. Check its settings:\n${error.message}`;
  if (error instanceof PostgresUnavailable) return `Waymark cannot start. ${error.message}`;
  const { syscall, code, address, port } = error as ListenError;
  if (syscall === 'listen' || syscall === 'bind') return `Waymark cannot start. ${sentenceOfPort(code, address, port)}`;
  const outage = outageOf(error);
  if (outage !== undefined)
    return `Waymark cannot start. The database cannot be used: ${outage}. Look at DATABASE_URL.`;
  const described = describeError(error);
  return `Waymark cannot start. ${described.stack || inspect(described)}`;
}

function sentenceOfPort(code: string | undefined, address = '', port = 0): string {
  if (code === 'EADDRINUSE')
    return `Another program listens on port ${port} already. Stop it, or set PORT to another one.`;
  if (code === 'EACCES')
    return `This user may not listen on port ${port}. Set PORT to one above 1023 and let a proxy have ${port}, or grant CAP_NET_BIND_SERVICE.`;
  if (code === 'EADDRNOTAVAIL') return `HOST is ${address}, which is no address of this machine.`;
  return `It cannot listen on port ${port} (${code}). Look at HOST and PORT.`;
}
