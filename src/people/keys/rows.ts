import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { inRounds } from '../../ground/time/event-loop.ts';

/** Rows that are written at once: some milliseconds, in which no redirect is answered. */
const rowsAtOnce = 50;

const comma = Buffer.from(',');

/**
 * Answers with many rows: what the route's schema would make of `{ ...rest, [name]: rows }`, made piece by piece.
 * @param rest what stands beside the rows, as plain JSON
 * @param row what a row is; what it does not name is left out
 */
export async function sendRows<Row extends z.ZodType>(
  reply: FastifyReply,
  rest: Record<string, unknown>,
  name: string,
  row: Row,
  rows: readonly z.output<Row>[],
): Promise<FastifyReply> {
  const pieces = await inRounds(rows, rowsAtOnce, (some) =>
    Buffer.from(some.map((each) => JSON.stringify(z.encode(row, each))).join(',')),
  );
  const text = [
    Buffer.from(`{"${name}":[`),
    ...pieces.flatMap((piece, nth) => (nth === 0 ? [piece] : [comma, piece])),
    Buffer.from(`],${JSON.stringify(rest).slice(1)}`),
  ];
  const length = text.reduce((sum, piece) => sum + piece.length, 0);
  reply.type('application/json; charset=utf-8').header('content-length', length);
  // A stream: megabytes in one piece would be copied to the system in one go, and nobody is answered meanwhile.
  return reply.send(Readable.from(text, { objectMode: false }));
}
