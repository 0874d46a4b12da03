import { z } from 'zod';
import { refusalCodes } from './codes.ts';

/** The shape of every refusal of the API (RFC 9457). ground/http/failures.ts writes it. */
const problem = z
  .object({
    type: z.literal('about:blank').describe('Always `about:blank`: `code` tells problems apart.'),
    title: z.string().describe('The status in words.'),
    status: z.int().min(400).max(599).describe('The status of the response.'),
    code: z
      .string()
      .describe('The reason, for programs. It stays the same when sentences are reworded.')
      // Known ones: more may come, so that no list closes it.
      .meta({ examples: refusalCodes.map(({ code }) => code) }),
    detail: z.string().describe('The reason, for people.'),
    field: z.string().optional().describe('The property or parameter that was refused.'),
    requestId: z.string().describe('The request in the log of the server. Name it when you ask for help.'),
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
  400: 'The body is not valid JSON.',
  401: 'No key was sent, or it is not valid any more.',
  403: 'The person who created the key may not do this.',
  404: 'Your workspace has nothing with this id.',
  409: 'It is taken already, or others are changing it at this moment.',
  413: 'The body is too large.',
  415: 'The body is of another type.',
  422: 'A property or parameter is not accepted. `field` names it.',
  429: 'Too many requests in a minute, or at the same time. `Retry-After` says how many seconds to wait.',
  503: 'The server is busy, or its database is away. `Retry-After` says how many seconds to wait.',
} as const;

type Refusal = keyof typeof reasons;

/** Responses of a route's schema for the refusals that it knows; every route may also answer 401, 422, 429 and 503. */
export function refusals(...statuses: Refusal[]) {
  const known = [...statuses, 401, 422, 429, 503] as const;
  return Object.fromEntries(
    known.map((status) => [
      status,
      { description: reasons[status], content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
}
