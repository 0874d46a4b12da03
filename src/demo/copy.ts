import { getTableColumns } from 'drizzle-orm';
import type { Client } from 'pg';
import { copyInto, copyLine, pieceSize } from '../ground/db/copy.ts';
import { clicks } from '../ground/db/schema.ts';
import type { RecordedHit } from './hits.ts';

const columns = Object.entries(getTableColumns(clicks)) as [keyof typeof clicks.$inferInsert, { name: string }][];

/**
 * Writes hits into `clicks`.
 * @param client may be in a transaction
 */
export async function copyHits(client: Client, hits: Iterable<RecordedHit>): Promise<void> {
  await copyInto(client, `clicks (${columns.map(([, { name }]) => name).join(', ')})`, pieces(hits));
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

// Tabs and line ends never get here: text.ts takes control characters out of all that visitors send.
const lineOf = (hit: RecordedHit): string =>
  copyLine(columns.map(([key]) => (key === 'clickedAt' ? new Date(hit.clickedAt).toISOString() : hit[key])));
