import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares secrets; the time it takes tells nothing but their lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/**
 * What is kept of a secret that we made of 192 random bits or more: one fast hash (SHA-256) hides those as well as a slow
 * one, which would cost every request. Passwords take a slow one.
 */
export function hashOfSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
