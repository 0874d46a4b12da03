import { createHmac } from 'node:crypto';
import { isSameSecret } from '../../ground/text/secret.ts';
import type { ReceivingWorkspace } from '../../visitors/conversions/take.ts';

/**
 * The secret in the postback address of a workspace, worked out from the server's: only the number of the address is kept.
 * The first one has none in it.
 */
export const postbackToken = (secret: string, { id, postbackVersion }: ReceivingWorkspace): string =>
  createHmac('sha256', secret)
    .update(postbackVersion === 0 ? `postback ${id}` : `postback ${id} ${postbackVersion}`)
    .digest('base64url')
    .slice(0, 32);

export const isPostbackToken = (secret: string, workspace: ReceivingWorkspace, token: string): boolean =>
  isSameSecret(token, postbackToken(secret, workspace));
