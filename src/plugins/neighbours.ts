import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { hostnameOf } from './sites.ts';

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1', 'localhost', '[::1]']);

/** A program on this machine that asks by a loopback name, which no proxy passes on. */
export function isNextDoor({ ip, headers }: FastifyRequest): boolean {
  return loopback.has(ip) && loopback.has(hostnameOf(headers.host)) && headers['x-forwarded-for'] === undefined;
}

/** Whether a request carries this bearer token (RFC 6750, 2.1). */
export function hasToken({ headers }: FastifyRequest, token: string): boolean {
  return isSame(headers.authorization ?? '', `Bearer ${token}`);
}

/** Compares secrets; the time it takes tells nothing but their lengths. */
export function isSame(sent: string, expected: string): boolean {
  const [one, other] = [Buffer.from(sent), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
