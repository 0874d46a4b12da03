import fastify from 'fastify';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { sendRows } from '../../../src/people/keys/rows.ts';

const server = fastify();
server.get<{ Querystring: { many: string } }>('/', async (request, reply) => {
  const rows = Array.from({ length: Number(request.query.many) }, (_, n) => ({ name: `Zürich ${n}`, secret: 'no' }));
  return sendRows(reply, { next: null }, 'data', z.object({ name: z.string() }), rows);
});
afterAll(() => server.close());

it.each([0, 1, 50, 51, 10_000])(
  '%i rows come whole, with their length, and with what they name alone',
  async (many) => {
    const answer = await server.inject(`/?many=${many}`);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(answer.rawPayload.length),
    });
    const data = Array.from({ length: many }, (_, n) => ({ name: `Zürich ${n}` }));
    expect(answer.json()).toEqual({ data, next: null });
  },
);
