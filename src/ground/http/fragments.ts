import type { FastifyRequest } from 'fastify';

/** htmx takes a piece of a page; everybody else a whole one. */
export const isFragmentRequest = (request: FastifyRequest): boolean => request.headers['hx-request'] === 'true';
