import type { FastifyRequest } from 'fastify';

/** htmx takes a piece of a page; everybody else a whole one. */
export const isFragmentRequest = (request: FastifyRequest): boolean => request.headers['hx-request'] === 'true';

/** Path and query of the page whose scripts ask; empty where none says so. */
export const pathBehind = ({ headers }: FastifyRequest): string =>
  String(headers['hx-current-url'] ?? '').replace(/^[a-z]+:\/\/[^/]*|#.*$/g, '');
