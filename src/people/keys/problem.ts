import { z } from 'zod';

/** The shape of every refusal of the API (RFC 9457). ground/http/failures.ts writes it. */
const problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('What the status means.'),
    status: z.int().min(400).max(599).describe('The HTTP status once more.'),
    code: z.string().describe('The reason, for programs. It stays the same when sentences are reworded.'),
    detail: z.string().describe('The reason, for people.'),
    field: z.string().optional().describe('The property or parameter that was refused.'),
    requestId: z.string().describe('Name it when you ask for help.'),
  })
  .meta({
    id: 'Problem',
    description: 'Why a request was refused (RFC 9457, `application/problem+json`).',
    examples: [
      {
        type: 'about:blank',
        title: 'Conflict',
        status: 409,
        code: 'slug_taken',
        detail: '"spring" is taken. Try spring-2.',
        field: 'slug',
        requestId: 'req-2a',
      },
    ],
  });

const reasons = {
  400: 'The body is not JSON.',
  401: 'No key was sent, or it is not valid (any more).',
  403: 'The key may not do this: it may do what whoever made it may do now.',
  404: 'There is no such thing in your workspace.',
  409: 'Somebody else has this already, or deletes or changes what it needs at this moment.',
  413: 'The body is larger than 1 MB.',
  415: 'The body must be sent as `application/json`.',
  422: 'A property or parameter is not accepted; `field` names it.',
  429: 'Too many requests, in a minute or at the same time. `Retry-After` says how many seconds to wait.',
  503: 'The server or its database has too much to do, or is away. `Retry-After` says how many seconds to wait.',
} as const;

type Refusal = keyof typeof reasons;

/** Responses of a route's schema for the refusals that it knows; every route may also answer 401, 429 and 503. */
export function refusals(...statuses: Refusal[]) {
  const known = [...statuses, 401, 429, 503] as const;
  return Object.fromEntries(
    known.map((status) => [
      status,
      { description: reasons[status], content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
}
