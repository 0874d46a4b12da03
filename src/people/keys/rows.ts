import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { inRounds } from '../../ground/time/event-loop.ts';

/** Rows that are written at once: some milliseconds, in which no redirect is answered. */
const rowsAtOnce = 50;

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
  let before = `{"${name}":[`;
  const pieces = await inRounds(rows, rowsAtOnce, (some) => {
    const piece = Buffer.from(before + some.map((each) => JSON.stringify(z.encode(row, each))).join(','));
    before = ',';
    return piece;
  });
  const end = `],${JSON.stringify(rest).slice(1)}`;
  const text = [...pieces, Buffer.from(pieces.length > 0 ? end : before + end)];
  const length = text.reduce((sum, piece) => sum + piece.length, 0);
  reply.type('application/json; charset=utf-8').header('content-length', length);
  // A stream: megabytes in one piece would be copied to the system in one go, and nobody is answered meanwhile.
  return reply.send(Readable.from(text, { objectMode: false }));
}
