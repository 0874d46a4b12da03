import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LimitReached } from '../../ground/text/errors.ts';
import { networkOf } from '../../ground/addresses/network.ts';
import { addressOf } from '../../ground/http/proxies.ts';
import { waitBeyondEverywhere } from '../../ground/http/rate-limit.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { isKnownBrowser } from './known-browser.ts';

const typedEmail = (request: FastifyRequest) => typedValues(request.body)['email']?.trim().toLowerCase() ?? '';

/** The account that a form names, and the network it comes from: who guesses here bothers nobody elsewhere. */
export const accountAndNetwork = (request: FastifyRequest): string =>
  `${networkOf(addressOf(request))} ${typedEmail(request)}`;

/** The account that a form names. Browsers that its owner has used are counted apart, out of the reach of strangers. */
export async function accountFromAnywhere(request: FastifyRequest): Promise<string> {
  const email = typedEmail(request);
  return `${(await isKnownBrowser(request, email)) ? 'known' : 'new'} ${email}`;
}

/**
 * Counts tries and refuses those that are too many in a quarter of an hour. Right passwords count as well, or a guesser
 * would know when one was right.
 * @param name of the limit
 * @param keyOf what is counted as one
 * @returns counts a request; that throws LimitReached (field `form`) when it is one too many
 */
export function limitTries(
  app: FastifyInstance,
  name: string,
  max: number,
  keyOf: (request: FastifyRequest) => string | Promise<string>,
) {
  const waitOf = waitBeyondEverywhere(app, { name, max, windowMs: 15 * 60_000, keyOf });
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const seconds = await waitOf(request);
    if (seconds === 0) return;
    reply.header('retry-after', seconds);
    const minutes = Math.ceil(seconds / 60);
    throw new LimitReached(
      `Too many attempts for one account. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, then try again.`,
      { field: 'form' },
    );
  };
}

/** The same for one's own password, by account, on every page of it. */
export const limitOwnPassword = (app: FastifyInstance) =>
  limitTries(app, 'password of a profile', 10, ({ user }) => user?.id ?? '');
