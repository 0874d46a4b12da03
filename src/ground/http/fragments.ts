import type { FastifyRequest } from 'fastify';

/** htmx takes a piece of a page; everybody else a whole one. */
export const isFragmentRequest = (request: FastifyRequest): boolean => request.headers['hx-request'] === 'true';

/** Path and query of the page that a piece is for; those of '/' where the request does not say. */
export function pageBehind({ headers }: FastifyRequest): { pathname: string; search: string } {
  const page = String(headers['hx-current-url'] ?? '');
  return new URL(URL.canParse(page) ? page : '/', 'http://here');
}
