import type { FastifyRequest } from 'fastify';
import { isSameSecret } from '../text/secret.ts';
import { addressOf } from './proxies.ts';
import { hostnameOf } from './sites.ts';

const loopback = new Set(['127.0.0.1', '::1', 'localhost', '[::1]']);

/** A program on this machine that asks by a loopback name, which no proxy passes on. */
export function isNextDoor(request: FastifyRequest): boolean {
  const { headers } = request;
  return (
    loopback.has(addressOf(request)) &&
    loopback.has(hostnameOf(headers.host)) &&
    headers['x-forwarded-for'] === undefined
  );
}

/** Whether a request carries this bearer token (RFC 6750, 2.1). */
export function hasToken({ headers }: FastifyRequest, token: string): boolean {
  return isSameSecret(headers.authorization ?? '', `Bearer ${token}`);
}
