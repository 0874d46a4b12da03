import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { hashOfSecret } from './secret.ts';

/*
 * Tokens of links that people copy again, such as an invitation's. They are found by a hash beside what is sealed here,
 * so that a link works on when it can be shown no more.
 */

/** The place of a sealed token: it opens in the row that it was sealed for, and nowhere else. */
export type SealedPlace = { of: 'invitation' | 'share'; id: string };

/** The first byte says how the rest is made, so that another way can come beside this one. */
const version = 1;
const ivBytes = 12;
const tagBytes = 16;

/** A key for this alone: neither sessions nor forms are signed with it. */
const keyOf = (serverSecret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', serverSecret, '', `waymark sealed tokens ${version}`, 32));

const dataOf = ({ of, id }: SealedPlace): Buffer => Buffer.from(`${version} ${of} ${id}`);

/**
 * Encrypts a token (AES-256-GCM).
 * @param serverSecret SECRET of the instance
 */
export function sealToken(serverSecret: string, place: SealedPlace, token: string): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', keyOf(serverSecret), iv).setAAD(dataOf(place));
  const hidden = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(version), iv, hidden, cipher.getAuthTag()]);
}

/** @returns undefined for what was sealed under another secret, for another row, in another way, or is damaged */
export function openSealed(serverSecret: string, place: SealedPlace, sealed: Buffer): string | undefined {
  if (sealed[0] !== version || sealed.length < 1 + ivBytes + tagBytes) return undefined;
  const iv = sealed.subarray(1, 1 + ivBytes);
  const tag = sealed.subarray(-tagBytes);
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(serverSecret), iv, { authTagLength: tagBytes });
    decipher.setAAD(dataOf(place)).setAuthTag(tag);
    return decipher.update(sealed.subarray(1 + ivBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

/** A token as lists show it, or why it cannot be shown. */
export type ShownToken = { token: string; missing?: never } | { token?: never; missing: 'older' | 'other secret' };

/** @param kept columns of a row; versions before this one kept a hash alone, also of a token that they made anew */
export function showToken(
  serverSecret: string,
  place: SealedPlace,
  { tokenHash, tokenSealed }: { tokenHash: Buffer; tokenSealed: Buffer | null },
): ShownToken {
  if (tokenSealed === null) return { missing: 'older' };
  const token = openSealed(serverSecret, place, tokenSealed);
  if (token === undefined) return { missing: 'other secret' };
  return hashOfSecret(token).equals(tokenHash) ? { token } : { missing: 'older' };
}
