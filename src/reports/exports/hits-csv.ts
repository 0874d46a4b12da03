import { byteOrderMark, type CsvValue, csvLine } from '../../ground/text/csv.ts';
import { type ExportedColumn, exportedFields } from '../../visitors/clicks/hit-fields.ts';
import type { Db } from '../../ground/db/db.ts';
import { patientMs } from '../../ground/http/downloads.ts';
import { inRounds } from '../../ground/time/event-loop.ts';
import { type ExportedHit, type HitPlace, type HitsAsked, listHits } from './queries.ts';

/** Few enough that reading them takes some milliseconds, in which no redirect is answered. */
const rowsAPage = 500;

/** Lines that are written at once: some milliseconds, in which no redirect is answered. */
const linesAtOnce = 100;

type Cell = (hit: ExportedHit) => CsvValue;

const fields = Object.fromEntries(exportedFields.map(({ column, name }) => [column, (hit) => hit[name]])) as Record<
  ExportedColumn,
  Cell
>;

/** The file's columns in order: all that an import needs to make the same reports. hits-file.ts reads it. */
const cells = {
  time: (hit) => hit.time,
  short_link: (hit) => hit.shortLink,
  destination: (hit) => hit.destination,
  ...fields,
  first_on_link_today: (hit) => hit.isFirstOnLink,
  first_in_workspace_today: (hit) => hit.isFirstInWorkspace,
  domain: (hit) => hit.domain,
  slug: (hit) => hit.slug,
  slug_kind: (hit) => hit.slugKind,
  slug_id: (hit) => hit.slugId,
  link_id: (hit) => hit.linkId,
  rules_version: (hit) => hit.rulesVersion,
  id: (hit) => hit.id,
  version: (hit) => hit.version,
  version_url: (hit) => hit.versionUrl,
  version_id: (hit) => hit.versionId,
  link_version: (hit) => hit.linkVersion,
  route: (hit) => hit.route,
  route_id: (hit) => hit.routeId,
} satisfies Record<string, Cell>;

export type HitColumn = keyof typeof cells;

export const hitColumns = Object.keys(cells) as HitColumn[];

const lineOf = (hit: ExportedHit) => csvLine(hitColumns.map((column) => cells[column](hit)));

/** A CSV file of hits, a page at a time: the next page is read when the last one was taken. */
export async function* writeHits(db: Db, workspaceId: string, asked: HitsAsked): AsyncGenerator<string> {
  yield byteOrderMark + csvLine(hitColumns);
  let after: HitPlace | null = null;
  for (;;) {
    const waitMs = after ? patientMs : undefined;
    const hits: ExportedHit[] = await listHits(db, workspaceId, asked, { after, limit: rowsAPage, waitMs });
    const last = hits.at(-1);
    if (!last) return;
    yield (await inRounds(hits, linesAtOnce, (some) => some.map(lineOf).join(''))).join('');
    if (hits.length < rowsAPage) return;
    after = { time: last.time, linkId: last.linkId, id: last.id };
  }
}
