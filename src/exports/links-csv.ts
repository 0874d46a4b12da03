import { byteOrderMark, type CsvValue, csvLine } from '../csv.ts';
import type { Db } from '../db/db.ts';
import { patientMs } from '../downloads.ts';
import { inRounds } from '../event-loop.ts';
import type { LinkFilter, LinkState } from '../links/list.ts';
import { shortUrlOf } from '../links/short-url.ts';
import { type LinkRow, readLinkRows } from './link-rows.ts';

/** Enough that finding the page costs little of it, and few enough that its rows come in some milliseconds. */
const rowsAPage = 1_000;

/** Lines that are written at once: a millisecond or two, in which no redirect is answered. */
const linesAtOnce = 250;

/** The file's columns in order. */
const cells = {
  short_link: ({ scheme, host, slug }) => shortUrlOf(scheme, host, slug),
  destination: (link) => link.destination,
  title: (link) => link.title,
  tags: (link) => link.tags,
  campaign: (link) => link.campaign,
  state: (link) => (link.isArchived ? 'archived' : 'active'),
  created_at: (link) => link.createdAt,
  clicks: (link) => link.clicks,
  visitors: (link) => link.visitors,
  last_click_at: (link) => link.lastClickAt,
  qr_code: (link, appUrl) => `${appUrl}/qr/${link.qrSlugId}.svg`,
} satisfies Record<string, (link: LinkRow, appUrl: string) => CsvValue>;

/**
 * A CSV file of a workspace's links, the newest first: in an order by clicks, one that is clicked meanwhile could be left
 * out. The next page is read when the last one was taken.
 * @param appUrl where QR codes are drawn
 */
export async function* writeLinks(
  db: Db,
  workspaceId: string,
  asked: LinkFilter & { state: LinkState },
  appUrl: string,
): AsyncGenerator<string> {
  yield byteOrderMark + csvLine(Object.keys(cells));
  const columns = Object.values(cells);
  const linesOf = (links: readonly LinkRow[]) =>
    links.map((link) => csvLine(columns.map((cell) => cell(link, appUrl)))).join('');
  for (let after: string | null = null; ; ) {
    const waitMs = after === null ? undefined : patientMs;
    const page: LinkRow[] = await readLinkRows(db, workspaceId, { ...asked, after, limit: rowsAPage, waitMs });
    const last = page.at(-1);
    if (!last) return;
    yield (await inRounds(page, linesAtOnce, linesOf)).join('');
    if (page.length < rowsAPage) return;
    after = last.id;
  }
}
