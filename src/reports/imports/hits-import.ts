import { eq, type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { Client } from 'pg';
import { lockRollups } from '../../visitors/rollups/rollup-lock.ts';
import { makePartitions } from '../../visitors/upkeep/retention.ts';
import { moveWorkspace } from '../../visitors/rollups/mover.ts';
import { takeIn } from '../../visitors/rollups/rollups.ts';
import { exportedFields } from '../../visitors/clicks/hit-fields.ts';
import { copyInto, copyLine } from './copy.ts';
import type { Db } from '../../ground/db/db.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { record } from '../../ground/events/record.ts';
import { retriedTransaction } from '../../ground/db/retry.ts';
import * as schema from '../../ground/db/schema.ts';
import { hitColumns, type HitColumn } from '../exports/hits-csv.ts';
import { type Bounds, readHits } from './hits-file.ts';
import { matchLinks, matchSlugs } from './import-links.ts';
import { matchDomains } from './import-places.ts';

/** Lines that are put in by one statement: enough to be quick, few enough to show how far it is. */
const linesAtOnce = 50_000;

export type HitsImport = {
  workspaceId: string;
  by: Actor;
  /** The file, as writeHits writes it. */
  bytes: AsyncIterable<Uint8Array>;
  bounds: Bounds;
  /** Says what would be done, and does nothing. */
  isDryRun: boolean;
  /** Hears how many of the file's hits are put in and counted. */
  onProgress: (done: number, total: number) => void;
};

export type ImportedHits = {
  /** Hits of the file. */
  hits: number;
  /** Those of them that were not there. */
  added: number;
  /** Links that were made, because they were neither there by id nor by their short link. */
  linksMade: number;
};

const types: Partial<Record<HitColumn, string>> = {
  time: 'timestamptz',
  first_on_link_today: 'boolean',
  first_in_workspace_today: 'boolean',
  rules_version: 'smallint',
  id: 'bigint',
  version_id: 'integer',
  link_version: 'smallint',
  route_id: 'integer',
};

/**
 * Columns of clicks and where they come from: `i` a line, `l` its link, `s` its slug, `d` its domain, `w` the workspace.
 * `v` is the address of its version or of its rule, by which the rule is known too.
 */
const sources = {
  id: 'i.id',
  clicked_at: 'i.time',
  link_id: 'l.target',
  slug_id: 's.target',
  domain_id: 'd.id',
  workspace_id: 'w.id',
  rules_version: 'i.rules_version',
  ...Object.fromEntries(exportedFields.map(({ column }) => [column, `i.${column}`])),
  destination_id: 'v.id',
  link_version: 'i.link_version',
  route_id: 'v.route_id',
  is_first_on_link: 'i.first_on_link_today',
  is_first_in_workspace: 'i.first_in_workspace_today',
};

/**
 * Puts the hits of a file into a workspace, all of them or none. Hits that are there already stay as they are, so that
 * importing twice changes nothing. The file is read to its end and found right before anything is written; it waits in a
 * temporary table, so that memory does not grow with it.
 * @param client a connection of its own, in no transaction
 * @throws Invalid with line and column of what is not right
 */
export async function importHits(client: Client, asked: HitsImport): Promise<ImportedHits> {
  const db: Db = drizzle(client, { schema });
  await stage(client, asked);
  const staged = await db.execute<{ hits: number; last: number }>(
    sql`select count(*)::int as hits, coalesce(max(line), 0) as last from imported`,
  );
  const { hits, last } = staged.rows[0] ?? { hits: 0, last: 0 };
  // The file may have hits that wait: they are rows first, and the file's the repeat. A dry run does what the server does
  // each second as well, which sets aside what nobody can read.
  await moveWorkspace(db, asked.workspaceId);
  // Before the transaction: making a partition locks out everybody who counts.
  if (!asked.isDryRun) await makePartitions(db, sql`select distinct date_trunc('month', time, 'UTC') from imported`);
  return retriedTransaction(async () => {
    await client.query('begin');
    try {
      const { workspaceId, by, bounds } = asked;
      const hosts = await matchDomains(db, workspaceId, by);
      const linksMade = await matchLinks(db, workspaceId, by, hosts, bounds.now);
      await matchSlugs(db, workspaceId, by, hosts, bounds.now);
      const added = asked.isDryRun ? await countMissing(db, asked) : await putIn(db, asked, last);
      if (added > 0) await recordImport(db, asked, { hits, added, linksMade });
      await client.query(asked.isDryRun ? 'rollback' : 'commit');
      return { hits, added, linksMade };
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  });
}

async function recordImport(db: Db, { workspaceId, by }: HitsImport, after: ImportedHits): Promise<void> {
  const { id, name } = schema.workspaces;
  const [target] = await db.select({ id, name }).from(schema.workspaces).where(eq(id, workspaceId));
  if (target) await record(db, by, workspaceId, { what: 'hits.imported', target, after });
}

/** Reads the file into the temporary table `imported`, which goes with the connection. */
async function stage(client: Client, { bytes, bounds }: HitsImport): Promise<void> {
  const columns = hitColumns.map((column) => `${column} ${types[column] ?? 'text'}`);
  await client.query(`create temporary table imported (line int, ${columns.join(', ')})`);
  await copyInto(client, `imported (line, ${hitColumns.join(', ')})`, pieces());
  await client.query('create index on imported (line)');
  await client.query('analyze imported');

  async function* pieces(): AsyncGenerator<string> {
    for await (const lines of readHits(bytes, bounds))
      yield lines.map(({ line, cells }) => copyLine([line, ...cells])).join('');
  }
}

const clickColumns = sql.raw(Object.keys(sources).join(', '));

/** The hits of the staged lines, as rows of clicks. */
const stagedRows = (workspaceId: string): SQL => sql`
select ${sql.raw(
  Object.entries(sources)
    .map(([column, source]) => `${source} as ${column}`)
    .join(', '),
)}
from imported i
join imported_links l on l.link_id = i.link_id
join imported_slugs s on s.slug_id = i.slug_id
join workspaces w on w.id = ${workspaceId}
left join imported_domains d on d.host = i.domain
left join link_destinations v on v.id = i.version_id and v.link_id = l.target and v.url = i.version_url
  and v.route_id is not distinct from i.route_id`;

async function putIn(db: Db, { workspaceId, onProgress }: HitsImport, last: number): Promise<number> {
  await lockRollups(db, workspaceId);
  await db.execute(sql`select set_config('work_mem', '64MB', true)`);
  let added = 0;
  for (let from = 0; from < last; from += linesAtOnce) {
    const to = Math.min(from + linesAtOnce, last);
    const insert = sql`
insert into clicks (${clickColumns})
${stagedRows(workspaceId)}
where i.line > ${from} and i.line <= ${to}
on conflict do nothing
returning *`;
    added += await takeIn(db, insert);
    onProgress(to, last);
  }
  return added;
}

async function countMissing(db: Db, { workspaceId }: HitsImport): Promise<number> {
  const { rows } = await db.execute<{ hits: number }>(sql`
select count(*)::int as hits
from (select distinct link_id, clicked_at, id from (${stagedRows(workspaceId)}) h) k
where not exists (select 1 from clicks c where (c.link_id, c.clicked_at, c.id) = (k.link_id, k.clicked_at, k.id))`);
  return rows[0]?.hits ?? 0;
}
