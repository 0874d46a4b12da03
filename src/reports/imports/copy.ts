import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** In characters. Larger pieces keep both sides busy, and cost memory. */
export const pieceSize = 256 * 1024;

/**
 * Writes rows by COPY, as many at a time as the connection takes.
 * @param client may be in a transaction
 * @param into table and columns: `clicks (id, link_id)`
 * @param pieces some lines each, made by `copyLine`
 * @throws what the pieces throw; nothing is written then
 */
export async function copyInto(
  client: Client,
  into: string,
  pieces: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const target = client.query(copyFrom(`copy ${into} from stdin`));
  await pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 1 }), target);
}

/**
 * A row in COPY's text format: tab between values, \N for NULL.
 * @param values without control characters, which would end the value or the line
 */
export function copyLine(values: readonly (string | number | boolean | null)[]): string {
  let line = '';
  for (const value of values) {
    if (line !== '') line += '\t';
    if (value === null) line += '\\N';
    else if (typeof value === 'string') line += value.includes('\\') ? value.replaceAll('\\', '\\\\') : value;
    else line += String(value);
  }
  return `${line}\n`;
}
