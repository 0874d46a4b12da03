import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import { type FastifyHttpOptions, type FastifyInstance, LogController } from 'fastify';
import { DatabaseError } from 'pg';
import type { Config } from '../../config.ts';
import type { IsProxy } from './proxies.ts';

/** Ids that a proxy may give a request. Any other could forge lines of the log. */
const sentId = /^[\w.:-]{8,64}$/;

type LogOptions = Pick<FastifyHttpOptions<Server>, 'logger' | 'logController' | 'genReqId'>;

/**
 * The log: JSON a line, with request ids, and without what belongs to people: no address, no path (it may carry a token),
 * no query, no user agent, no values of statements.
 * @param isProxy tells whose X-Request-Id is taken over
 */
export function logOptions(config: Config, isProxy: IsProxy): LogOptions {
  return {
    logger: { level: config.logLevel, serializers: { err: describeError, req: () => ({}) } },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: nameRequests(isProxy),
  };
}

/** Ids are short and unique: eight random letters a process, and a count. */
function nameRequests(isProxy: IsProxy): (request: IncomingMessage) => string {
  const prefix = randomBytes(6).toString('base64url');
  let count = 0;
  return (request) => {
    const sent = request.headers['x-request-id'];
    if (typeof sent === 'string' && sentId.test(sent) && isProxy(request.socket.remoteAddress)) return sent;
    return `${prefix}${(++count).toString(36)}`;
  };
}

type ErrorLine = { type: string; message: string; stack: string; [detail: string]: unknown };

/** An error for the log. Of a failed statement its text and code are told; its values are somebody's. */
export function describeError(error: unknown): ErrorLine {
  if (!(error instanceof Error)) return { type: typeof error, message: '', stack: '' };
  const { name: type, message, stack = '', cause } = error;
  if (error instanceof DrizzleQueryError) {
    return {
      type: 'DrizzleQueryError',
      message: 'a statement failed',
      stack: '',
      query: error.query.slice(0, 500),
      cause: nested(cause),
    };
  }
  if (error instanceof DatabaseError) {
    const { code, table, constraint } = error;
    return { type: 'DatabaseError', message, stack, code, table, constraint };
  }
  return { type, message, stack, code: (error as NodeJS.ErrnoException).code, cause: nested(cause) };
}

const nested = (cause: unknown): ErrorLine | undefined => (cause === undefined ? undefined : describeError(cause));

/** One line a request, with its route and not its address: only while somebody looks for a fault. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    app.log.debug(
      {
        requestId: request.id,
        method,
        route: routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
  });
}
