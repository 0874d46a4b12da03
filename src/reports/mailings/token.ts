import { createHmac } from 'node:crypto';
import { isSameSecret } from '../../ground/text/secret.ts';

/**
 * What a mail carries so that its reader, and nobody else, can say yes or stop it without logging in. It is worked out
 * from the server's secret, so nothing has to be kept.
 */
export function mailingToken(secret: string, mailingId: string): string {
  return createHmac('sha256', secret).update(`mailing ${mailingId}`).digest('base64url');
}

/** Whether a mail of this mailing carried the token. */
export function isMailingToken(secret: string, mailingId: string, token: string): boolean {
  return isSameSecret(token, mailingToken(secret, mailingId));
}
