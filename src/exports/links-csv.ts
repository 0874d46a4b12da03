import { byteOrderMark, type CsvValue, csvLine } from '../csv.ts';
import type { Db } from '../db/db.ts';
import { patientMs } from '../downloads.ts';
import { inRounds } from '../event-loop.ts';
import { type LinkFilter, type LinkState, listLinks } from '../links/list.ts';
import type { Link } from '../links/queries.ts';

/** Few enough that reading them takes some milliseconds, in which no redirect is answered. */
const rowsAPage = 250;

/** Lines that are written at once: some milliseconds, in which no redirect is answered. */
const linesAtOnce = 100;

/** The file's columns in order. */
const cells = {
  short_link: (link) => link.shortUrl,
  destination: (link) => link.url,
  title: (link) => link.title,
  tags: (link) => link.tags.map(({ name }) => name).join(', '),
  campaign: (link) => link.campaign?.name ?? null,
  state: (link) => (link.archivedAt ? 'archived' : 'active'),
  created_at: (link) => link.createdAt.toISOString(),
  clicks: (link) => link.clicks,
  visitors: (link) => link.visitors,
  last_click_at: (link) => link.lastClickAt?.toISOString() ?? null,
  qr_code: (link, appUrl) => `${appUrl}/qr/${link.qrSlugId}.svg`,
} satisfies Record<string, (link: Link, appUrl: string) => CsvValue>;

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
  let cursor: string | null = null;
  const linesOf = (links: readonly Link[]) =>
    links.map((link) => csvLine(Object.values(cells).map((cell) => cell(link, appUrl)))).join('');
  do {
    const waitMs = cursor === null ? undefined : patientMs;
    const page = await listLinks(db, workspaceId, { ...asked, sort: 'newest', limit: rowsAPage, cursor, waitMs });
    yield (await inRounds(page.links, linesAtOnce, linesOf)).join('');
    cursor = page.nextCursor;
  } while (cursor !== null);
}
