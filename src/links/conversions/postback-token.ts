import { createHmac } from 'node:crypto';
import { isSameSecret } from '../../ground/text/secret.ts';

/** The secret in the postback address of a workspace, worked out from the server's, so that nothing has to be kept. */
export const postbackToken = (secret: string, workspaceId: string): string =>
  createHmac('sha256', secret).update(`postback ${workspaceId}`).digest('base64url').slice(0, 32);

export const isPostbackToken = (secret: string, workspaceId: string, token: string): boolean =>
  isSameSecret(token, postbackToken(secret, workspaceId));
