import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getTableColumns } from 'drizzle-orm';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { clicks } from '../../db/schema.ts';
import type { RecordedHit } from './hits.ts';

const columns = Object.entries(getTableColumns(clicks)) as [keyof typeof clicks.$inferInsert, { name: string }][];

/** In characters. Larger pieces keep both sides busy, and cost memory. */
const pieceSize = 256 * 1024;

/**
 * Writes hits into `clicks` by COPY, as many at a time as the connection takes.
 * @param client may be in a transaction
 */
export async function copyHits(client: Client, hits: Iterable<RecordedHit>): Promise<void> {
  const names = columns.map(([, { name }]) => name).join(', ');
  const into = client.query(copyFrom(`copy clicks (${names}) from stdin`));
  await pipeline(Readable.from(pieces(hits), { objectMode: true, highWaterMark: 1 }), into);
}

function* pieces(hits: Iterable<RecordedHit>): Generator<string> {
  let piece = '';
  for (const hit of hits) {
    piece += lineOf(hit);
    if (piece.length < pieceSize) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** A row in COPY's text format: tab between values, \N for NULL. */
function lineOf(hit: RecordedHit): string {
  let line = '';
  for (const [key] of columns) {
    if (line !== '') line += '\t';
    const value = key === 'clickedAt' ? new Date(hit.clickedAt).toISOString() : hit[key];
    if (value === null) line += '\\N';
    else if (typeof value === 'string') line += needsEscape.test(value) ? escaped(value) : value;
    else line += String(value);
  }
  return `${line}\n`;
}

// Tabs and line ends never get here: text.ts takes control characters out of all that visitors send.
const needsEscape = /\\/;

const escaped = (value: string): string => value.replaceAll('\\', '\\\\');
