import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What a mail carries so that its reader, and nobody else, can say yes or stop it without logging in. It is worked out
 * from the server's secret, so nothing has to be kept.
 */
export function mailingToken(secret: string, mailingId: string): string {
  return createHmac('sha256', secret).update(`mailing ${mailingId}`).digest('base64url');
}

export function isMailingToken(secret: string, mailingId: string, token: string): boolean {
  const [right, given] = [mailingToken(secret, mailingId), token].map((each) => Buffer.from(each));
  return right !== undefined && given !== undefined && right.length === given.length && timingSafeEqual(right, given);
}
