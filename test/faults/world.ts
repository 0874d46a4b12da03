import { setTimeout as sleep } from 'node:timers/promises';
import { isNull, like, sql } from 'drizzle-orm';
import { expect, type RunnerTestCase } from 'vitest';
import { insertApiKey } from '../../src/people/keys/keys.ts';
import { type Db, openDatabase } from '../../src/ground/db/db.ts';
import { migrateDatabase } from '../../src/ground/db/migrate.ts';
import { clicks, clicksPending, domains } from '../../src/ground/db/schema.ts';
import { ensureInstanceDomain } from '../../src/domains/domains/queries.ts';
import { insertLink } from '../../src/links/links/insert.ts';
import { type Link, type NewLink } from '../../src/links/links/queries.ts';
import { byTest } from '../setup/actor.ts';
import { countWaiting, insertBareWorkspace, rowsOf } from '../setup/hits.ts';
import { rollupsAndRows } from '../setup/rollups.ts';
import { host, type NodeOptions, type ServerNode, startNode } from './node.ts';
import { type FaultyPostgres, startPostgres } from './postgres.ts';
import type { Visitors } from './visitors.ts';

/** A Postgres of our own, a workspace with an API key, and the server processes of one test. */
export type World = {
  postgres: FaultyPostgres;
  makeLink(slug: string, changes?: Partial<NewLink>): Promise<Link>;
  /** Starts a server; its database may be behind a proxy. */
  start(options?: Partial<NodeOptions>): Promise<ServerNode>;
  /** Asks the API of a node. */
  api(node: ServerNode, method: string, path: string, body?: unknown): Promise<number>;
  /**
   * Waits until every click has found its place, and holds what must always be true: every acknowledged redirect is a
   * row, no row is there twice, every rollup equals the rows, every visitor is first once a day on each link and in the
   * workspace, no spool is left over. Prints one line.
   */
  settle(fault: string, visitors: Visitors, more?: Settlement): Promise<Balance>;
  /** After a test that failed: what the servers said last. */
  tell(test: Readonly<RunnerTestCase>): void;
  close(): Promise<void>;
};

export type Settlement = {
  /** Clicks that the servers said were lost; none may be missing beyond them. */
  lost?: number;
  /** A dimension that only a newer version knows. */
  newer?: string;
  /** Clicks that went to a spool, as far as a server that is gone can tell no more. */
  spooled?: number;
};

export type Balance = {
  acknowledged: number;
  recorded: number;
  duplicates: number;
  spooled: number;
  lost: number;
  longestStallMs: number;
};

export async function openWorld(): Promise<World> {
  const postgres = await startPostgres();
  await migrateDatabase(postgres.url);
  const database = openDatabase(postgres.url, () => {}, 3);
  const { db } = database;
  await ensureInstanceDomain(db, `http://${host}`);
  const [domain] = await db.select().from(domains).where(isNull(domains.workspaceId));
  const workspaceId = await insertBareWorkspace(db);
  const { key } = await insertApiKey(db, workspaceId, byTest, { name: 'faults' });
  const nodes: ServerNode[] = [];
  const spooledBefore = new Map<ServerNode, number>();

  return {
    postgres,
    makeLink: (slug, changes = {}) =>
      insertLink(db, workspaceId, byTest, {
        url: `https://example.com/${slug}`,
        slug,
        domainId: domain?.id ?? '',
        title: null,
        ...changes,
      }),
    async start(options = {}) {
      const node = await startNode({ databaseUrl: postgres.url, ...options });
      nodes.push(node);
      return node;
    },
    async api(node, method, path, body) {
      const headers = { authorization: `Bearer ${key}` };
      return (await node.ask(`/api/v1${path}`, { method, headers, body })).status;
    },
    async settle(fault, visitors, more = {}) {
      const { lost = 0 } = more;
      const alive = nodes.filter((node) => node.isRunning());
      expect(nodes.filter((node) => node.hasCrashed()).map(lastWordsOf)).toEqual([]);
      await until('no spool is left', async () => alive.every((node) => spoolOf(node).length === 0));
      await until('nothing is pending', async () => {
        const older = await db.$count(clicksPending);
        return older + (await countWaiting(db)) === 0;
      });
      const rows = await db
        .select({ mark: sql<string>`${clicks.utmTerm} || '.' || ${clicks.utmContent}` })
        .from(clicks)
        .where(like(clicks.utmTerm, `${visitors.prefix}%`));
      const recorded = new Set(rows.map((row) => row.mark));
      const missing = [...visitors.acknowledged].filter((mark) => !recorded.has(mark));
      let spooled = more.spooled ?? 0;
      for (const node of alive) {
        const soFar = (await fatesOf(node)).spooled;
        spooled += soFar - (spooledBefore.get(node) ?? 0);
        spooledBefore.set(node, soFar);
      }
      const balance: Balance = {
        acknowledged: visitors.acknowledged.size,
        recorded: recorded.size,
        duplicates: rows.length - recorded.size,
        spooled,
        lost: missing.length,
        longestStallMs: visitors.longestStallMs(),
      };
      console.log(lineOf(fault, balance));
      expect(balance).toMatchObject({ duplicates: 0 });
      expect(missing.length, 'acknowledged and not recorded').toBeLessThanOrEqual(lost);
      const { rollups, rows: counted } = await rollupsAndRows(db, workspaceId);
      const isNewer = ({ what }: { what: string }) => what === more.newer || what === `${more.newer} a month`;
      expect((rollups as { what: string }[]).filter((row) => !isNewer(row))).toEqual(counted);
      expect(await listMiscounted(db, workspaceId)).toEqual([]);
      return balance;
    },
    tell(test) {
      if (test.result?.state === 'fail') for (const node of nodes) console.log(lastWordsOf(node));
    },
    async close() {
      const ends = await Promise.all(nodes.filter((node) => node.isRunning()).map((node) => node.end('SIGTERM')));
      for (const node of nodes) node.forget();
      await database.close();
      await postgres.close();
      expect(ends.map((end) => end.code)).toEqual(ends.map(() => 0));
    },
  };
}

/** Visitors who were first several times, or never, on a link or (link '') in the workspace; a key lives for a day. */
const listMiscounted = (db: Db, workspaceId: string): Promise<unknown[]> =>
  rowsOf(
    db,
    sql`
select s.link_id, visitor_key, (count(*) filter (where s.is_first))::int as firsts
from clicks c cross join lateral (values (link_id, is_first_on_link), ('', is_first_in_workspace)) s (link_id, is_first)
where workspace_id = ${workspaceId} and class = 'human' and visitor_key is not null
group by 1, 2 having count(*) filter (where s.is_first) <> 1`,
  );

const spoolOf = (node: ServerNode): string[] => node.spoolFiles().filter((file) => file.endsWith('.spool'));

function lastWordsOf({ port, log, process }: ServerNode): string {
  const lines = log.slice(-25).map((line) => line.replaceAll(/"stack":"(\\.|[^"])*",?/g, '').slice(0, 400));
  return `The server on ${port} (exit ${process.exitCode ?? process.signalCode}) said last:\n${lines.join('\n')}`;
}

/** What became of the clicks that a node took, by its own account. */
export async function fatesOf(node: ServerNode): Promise<{ spooled: number; lost: number }> {
  const { text } = await node.ask('/metrics');
  const of = (fate: string) => Number(new RegExp(`waymark_clicks_total\\{fate="${fate}"\\} (\\d+)`).exec(text)?.[1]);
  return { spooled: of('spooled'), lost: of('lost') };
}

/** @throws when it is not true within half a minute */
export async function until(what: string, isTrue: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(20);
  }
}

function lineOf(fault: string, balance: Balance): string {
  const figures = [
    `${balance.acknowledged} acknowledged`,
    `${balance.recorded} recorded`,
    `${balance.duplicates} duplicates`,
    `${balance.spooled} spooled`,
    `${balance.lost} lost`,
    `longest stall ${balance.longestStallMs} ms`,
  ];
  return `${fault.padEnd(58)} ${figures.join(', ')}`;
}
