import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { inHashTurn } from '../../ground/http/hash-turns.ts';

/** scrypt with Node's own cost: 16 MB and some 50 ms a try, off the main thread. */
const derive = (password: string, salt: Buffer): Promise<Buffer> =>
  inHashTurn(
    () =>
      new Promise((resolve, reject) =>
        scrypt(password.normalize('NFKC'), salt, 32, (error, key) => (error ? reject(error) : resolve(key))),
      ),
  );

/** 'salt.hash', both base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString('base64url')}.${(await derive(password, salt)).toString('base64url')}`;
}

/** @param kept as hashPassword gave it */
export async function isPassword(password: string, kept: string): Promise<boolean> {
  const [salt = '', hash = ''] = kept.split('.');
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64url')), Buffer.from(hash, 'base64url'));
}

/** Names a password without giving it away: another one, or the same set again, has another name. */
export function passwordVersion(kept: string): string {
  return createHash('sha256').update(kept).digest('base64url').slice(0, 16);
}
