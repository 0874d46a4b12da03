import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { isOutage } from '../reach/outages.ts';
import { meetingRefusal } from '../db/pg-errors.ts';
import { AppError, Invalid, NotFound, Unauthorized, Unavailable } from '../text/errors.ts';
import { newId } from '../text/id.ts';
import { isFragmentRequest, pageBehind } from './fragments.ts';

/** A failure as it may be told to strangers. */
type Failure = {
  status: number;
  code: string;
  detail: string;
  field: string | undefined;
  headers: Record<string, string>;
};

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Not authorised',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  408: 'Took too long',
  410: 'Gone',
  413: 'Too large',
  414: 'Address too long',
  415: 'Unsupported media type',
  422: 'Not accepted',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Something went wrong',
  503: 'Not available right now',
};

/** Fastify's own refusals, with codes that stay the same when its do not. */
const refusals: Record<number, { code: string; detail: string }> = {
  400: { code: 'malformed_json', detail: 'The body is not valid JSON.' },
  413: { code: 'too_large', detail: 'The body is larger than it may be.' },
  415: { code: 'unsupported_media_type', detail: 'Send the body as application/json.' },
};

/** Refusals of Node's parser: there is no request yet, nor a host to refuse it for. */
const refusalsOfParser = {
  400: { code: 'bad_request', detail: 'This is no request that HTTP allows.' },
  408: { code: 'request_timeout', detail: 'The request did not arrive whole in time.' },
  431: { code: 'headers_too_large', detail: 'The address and the headers have more than 16 kB together.' },
} as const;

/** The same, of pages: they take forms. */
const refusalsOfPages: Record<number, string> = {
  400: 'This form did not arrive whole. Open its page again and send it once more.',
  413: 'This form is larger than it may be. Choose a smaller file, or write less.',
  415: 'Send this form as application/x-www-form-urlencoded.',
};

/**
 * Turns whatever was thrown into a failure that may leave the server. The text of anything that is not ours stays here:
 * a database error's message carries SQL and parameters.
 */
function failureOf(thrown: unknown, isApi: boolean): Failure {
  const error = meetingRefusal(thrown) ?? thrown;
  if (error instanceof AppError) {
    const { status, code, message, field, headers } = error;
    return { status, code, detail: message, field, headers };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    // An id that cannot be one is an address that is not there.
    if (error.validationContext === 'params') return failureOf(new NotFound(), isApi);
    const issue = error.validation[0];
    const unknown = issue?.keyword === 'unrecognized_keys' ? unknownKey(issue.params) : undefined;
    const field = pathOf(unknown === undefined ? issue?.instancePath : `${issue?.instancePath}/${unknown}`);
    return failureOf(new Invalid(issue?.message ?? 'This request is not valid.', field ? { field } : {}), isApi);
  }
  const status = isResponseSerializationError(error) ? 500 : ((error as FastifyError).statusCode ?? 500);
  if (status === 503 || (status === 500 && isOutage(error))) return failureOf(new Unavailable(), isApi);
  if (status >= 400 && status < 500) {
    const { code, detail } = refusals[status] ?? { code: 'bad_request', detail: 'This request is not valid.' };
    return {
      status,
      code,
      detail: (isApi ? undefined : refusalsOfPages[status]) ?? detail,
      field: undefined,
      headers: {},
    };
  }
  return {
    status: 500,
    code: 'internal',
    detail: 'Something went wrong on our side. Nothing you typed was lost here; try again in a moment.',
    field: undefined,
    headers: {},
  };
}

/** '/versions/1/url' as 'versions[1].url'. */
const pathOf = (pointer: string | undefined) =>
  pointer
    ?.split('/')
    .filter(Boolean)
    .join('.')
    .replace(/\.(\d+)(?=\.|$)/g, '[$1]') || undefined;

function unknownKey(params: Record<string, unknown>): string | undefined {
  return Array.isArray(params.keys) ? String(params.keys[0]) : undefined;
}

/** Addresses that programs call: the API, and what other sites report conversions by. */
const isApiRequest = (request: FastifyRequest): boolean => /^\/(?:api|px|pb)\//.test(request.url);

/** RFC 9457, 3. */
const problemOf = ({ status, code, detail, field }: Omit<Failure, 'headers'>, requestId: string): string =>
  JSON.stringify({
    type: 'about:blank',
    title: titles[status] ?? 'Error',
    status,
    code,
    detail,
    field,
    requestId,
  });

function sendProblem(request: FastifyRequest, reply: FastifyReply, failure: Failure): FastifyReply {
  // Serialised by hand: a route's own response schema must not be applied to a problem.
  return reply.type('application/problem+json').serializer(String).send(problemOf(failure, request.id));
}

/** The log-in takes no longer way back, and headers that carry it have to fit into a proxy's buffers. */
const longestNext = 2_000;

const logInHref = (next: string): string =>
  next.length > longestNext ? '/log-in' : `/log-in?next=${encodeURIComponent(next)}`;

/**
 * A failure in answer to a fragment's request: the page stays as it is, with what was typed, and a message appears. Who
 * only wanted to look, and is logged out, is led to the log-in and back.
 */
function answerFragment(request: FastifyRequest, reply: FastifyReply, error: unknown, failure: Failure): FastifyReply {
  reply.header('hx-reswap', 'none');
  const isLoggedOut = error instanceof Unauthorized;
  if (isLoggedOut && request.method === 'GET') {
    const { pathname, search } = pageBehind(request);
    return reply
      .code(200)
      .header('hx-redirect', logInHref(pathname + search))
      .send();
  }
  const message = isLoggedOut ? 'You are logged out. Log in in another tab, then send this again.' : failure.detail;
  // Header fields are ASCII (RFC 9110, 5.5).
  const trigger = JSON.stringify({ toast: { kind: 'error', message } }).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return reply.header('hx-trigger', trigger).send();
}

/**
 * The one place that decides how a failure looks on the dashboard's host: a page for people, RFC 9457 problem+json for
 * the API. Short hosts have pages of their own in redirect/.
 */
async function failures(app: FastifyInstance): Promise<void> {
  app.setErrorHandler(async (error: unknown, request, reply) => {
    const isApi = isApiRequest(request);
    const failure = failureOf(error, isApi);
    // A refusal of our own without a cause is no news: there may be hundreds a second.
    const isNews = !(error instanceof AppError) || error.cause !== undefined;
    if (failure.status >= 500 && isNews) request.log.error({ err: error }, 'request failed');
    reply.code(failure.status).headers(failure.headers);
    if (isApi) return sendProblem(request, reply, failure);
    if (isFragmentRequest(request)) return answerFragment(request, reply, error, failure);
    if (error instanceof Unauthorized) {
      return reply.redirect(request.method === 'GET' ? logInHref(request.url) : '/log-in', 303);
    }
    return reply.viewAsync('site/pages/error.eta', {
      title: titles[failure.status] ?? 'Error',
      status: failure.status,
      message: failure.detail,
      requestId: request.id,
      // A person who came by http is to leave it.
      home: app.config.appUrl.startsWith('https:') ? app.config.appUrl : '/',
    });
  });
}

/** Answers requests that no route of the dashboard or the API takes. */
export async function refuseUnknownPage(request: FastifyRequest): Promise<never> {
  throw new NotFound(isApiRequest(request) ? 'The API has no such address.' : 'There is no page at this address.');
}

export default fp(failures, { name: 'failures' });

/**
 * Fastify's own refusals before there is a route, of broken escapes above all (RFC 3986, 2.1). Nothing of the address is
 * repeated.
 */
export function refuseBrokenAddress(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const failure = {
    status: 400,
    code: 'bad_request',
    detail: 'This address is not valid.',
    field: undefined,
    headers: {},
  };
  reply.code(400);
  if (isApiRequest(request)) void sendProblem(request, reply, failure);
  else refuseRequest(reply);
}

/** Refuses bytes that Node can read no request of, in the format of the API: programs send such, and read it. */
export function refuseBytes(this: FastifyInstance, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const requestId = newId();
  this.log.debug({ err: error, requestId }, 'no request');
  const body = problemOf({ status, ...refusalsOfParser[status], field: undefined }, requestId);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n`;
  if (socket.writable)
    socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
  socket.destroy(error);
}

/** Refuses a request that is no good HTTP, without a word about the host. */
export function refuseRequest(reply: FastifyReply): void {
  void reply.code(400).type('text/plain; charset=utf-8').send('Bad request\n');
}
