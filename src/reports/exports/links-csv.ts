import { byteOrderMark, type CsvValue, csvLine } from '../../ground/text/csv.ts';
import type { Db } from '../../ground/db/db.ts';
import { inRounds } from '../../ground/time/event-loop.ts';
import type { LinkFilter, LinkState } from '../../links/links/list.ts';
import { shortUrlOf } from '../../ground/addresses/short-url.ts';
import { linkOptions } from '../../links/options/list.ts';
import { type LinkRow, readLinkPages } from './link-rows.ts';

/** Enough that finding the page costs little of it, and few enough that its rows come in some milliseconds. */
const rowsAPage = 1_000;

/** Lines that are written at once: a millisecond or two, in which no redirect is answered. */
const linesAtOnce = 250;

const optionCells = Object.fromEntries(
  Object.values(linkOptions).map(({ name, csv }) => [
    csv.header,
    (row: LinkRow): CsvValue => {
      if (!('column' in csv)) return csv.cell(row);
      const stored = row.columns[name] ?? null;
      return csv.text ? csv.text(stored) : stored;
    },
  ]),
);

/** The file's columns in order. */
const cells = {
  short_link: ({ link, domain }) => shortUrlOf(domain.scheme, domain.host, link.slug),
  ...optionCells,
  state: ({ link }) => (link.isArchived ? 'archived' : 'active'),
  created_at: ({ link }) => link.createdAt,
  clicks: ({ link }) => link.clicks,
  visitors: ({ link }) => link.visitors,
  last_click_at: ({ link }) => link.lastClickAt,
  qr_code: ({ link }, appUrl) => `${appUrl}/qr/${link.qrSlugId}.svg`,
} satisfies Record<string, (row: LinkRow, appUrl: string) => CsvValue>;

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
  const linesOf = (rows: readonly LinkRow[]) =>
    rows.map((row) => csvLine(columns.map((cell) => cell(row, appUrl)))).join('');
  for await (const page of readLinkPages(db, workspaceId, asked, rowsAPage))
    yield (await inRounds(page, linesAtOnce, linesOf)).join('');
}
