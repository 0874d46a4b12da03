import { getTableColumns, sql } from 'drizzle-orm';
import type { Client } from 'pg';
import { copyInto, copyLine, pieceSize } from '../reports/imports/copy.ts';
import type { Db } from '../ground/db/db.ts';
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

/** Tells Postgres how much there is now of links, their hits and what is counted of them. */
export async function analyzeCopied(db: Db): Promise<void> {
  await db.execute(
    sql`analyze links, slugs, link_tags, clicks, click_totals_hourly, click_counts_daily, click_counts_monthly, link_totals`,
  );
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
