import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getTableColumns, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../../src/ground/db/db.ts';
import { openDatabase } from '../../../src/ground/db/db.ts';
import { events } from '../../../src/ground/db/schema.ts';
import type { Actor } from '../../../src/ground/events/actor.ts';
import type { Happened } from '../../../src/ground/events/happened.ts';
import { ensureEventPartitions } from '../../../src/ground/events/partitions.ts';
import { record } from '../../../src/ground/events/record.ts';
import { keptNetworkOf } from '../../../src/ground/addresses/network.ts';
import { insertManyLinks } from '../../../src/demo/many-links.ts';
import { addTagTo, archiveLinks, setCampaignOf } from '../../../src/links/links/bulk.ts';
import { insertCampaign } from '../../../src/links/links/campaigns.ts';
import { ensureTags } from '../../../src/links/links/tags.ts';
import { insertLink } from '../../../src/links/links/insert.ts';
import { hearAnnouncements } from '../../setup/announcements.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { countStatements } from '../../setup/database.ts';
import { eventually } from '../../setup/eventually.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { rowsOf } from '../../setup/hits.ts';
import { projectRoot } from '../../setup/project-root.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let db: Db;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  workspaceId = ada.workspace.id;
  ({ db } = app);
});
afterAll(() => app.close());

const by: Actor = {
  kind: 'person',
  id: 'ada',
  name: 'Ada',
  userId: 'ada',
  via: 'page',
  network: '198.51.100.0/24',
  requestId: 'request',
};
const renamed = (before: string, after: string): Happened => ({
  what: 'tag.changed',
  target: { id: 'tag', name: after },
  before: { name: before, colour: 'red' },
  after: { name: after, colour: 'red' },
});

describe('an event', () => {
  it('lies in the partition of its month from the first one on, before any job has run', async () => {
    const [kept] = await rowsOf<{ own: number; stray: number }>(
      db,
      sql`select (select count(*)::int from events) as own, (select count(*)::int from events_default) as stray`,
    );
    expect(kept?.own).toBeGreaterThan(0);
    expect(kept?.stray).toBe(0);
  });

  it('keeps who, what, how and when, and of the fields those that changed', async () => {
    const before = await lastEvent(db);
    await db.transaction((tx) => record(tx, by, 'workspace', renamed('Old', 'New'), renamed('New', 'Newer')));
    const kept = await eventsAfter(db, before);
    const expected = {
      workspaceId: 'workspace',
      what: 'tag.changed',
      targetId: 'tag',
      targetName: 'New',
      before: { name: 'Old' },
      after: { name: 'New' },
      via: 'page',
      actorKind: 'person',
      actorId: 'ada',
      actorName: 'Ada',
      network: '198.51.100.0/24',
      requestId: 'request',
    };
    expect(kept).toEqual([
      expect.objectContaining(expected),
      expect.objectContaining({ targetName: 'Newer', before: { name: 'New' } }),
    ]);
  });

  it('of something that was made keeps the fields that say something', async () => {
    const before = await lastEvent(db);
    const after = { url: 'https://example.com/', title: null, tags: [], day: new Date('2026-11-01T00:00:00Z') };
    await record(db, by, null, { what: 'link.created', target: { id: 'link', name: 'go/link' }, after });
    const kept = { url: 'https://example.com/', day: '2026-11-01T00:00:00.000Z' };
    expect(await eventsAfter(db, before)).toEqual([
      expect.objectContaining({ workspaceId: null, before: null, after: kept }),
    ]);
  });

  it('is none where nothing changed, and nodes are told all the same', async () => {
    const news = await hearAnnouncements(app.databaseUrl);
    const before = await lastEvent(db);
    const tells = [{ kind: 'workspace', workspaceId: 'told' }] as const;
    await record(db, by, workspaceId, { ...renamed('Same', 'Same'), tells });
    await record(db, by, workspaceId);
    await eventually(
      async () => news.heard,
      (heard) => heard.length > 0,
    );
    expect(news.heard).toEqual(tells);
    expect(await eventsAfter(db, before)).toEqual([]);
    await news.close();
  });

  it('and its announcement come with the change or not at all', async () => {
    const news = await hearAnnouncements(app.databaseUrl);
    const before = await lastEvent(db);
    const told = (id: string): Happened => ({
      ...renamed('Old', id),
      tells: [{ kind: 'workspace', workspaceId: id }],
    });
    const undone = db.transaction(async (tx) => {
      await record(tx, by, workspaceId, told('undone'));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await db.transaction((tx) => record(tx, by, workspaceId, told('done')));
    await eventually(
      async () => news.heard,
      (heard) => heard.length > 0,
    );
    expect(news.heard).toEqual([{ kind: 'workspace', workspaceId: 'done' }]);
    expect((await eventsAfter(db, before)).map(({ targetName }) => targetName)).toEqual(['done']);
    await news.close();
  });

  it('takes texts that JSON can say and Postgres cannot keep', async () => {
    const before = await lastEvent(db);
    await record(db, by, workspaceId, renamed('Old', 'half \ud83d of one'));
    expect(await eventsAfter(db, before)).toEqual([expect.objectContaining({ targetName: 'half \ufffd of one' })]);
  });

  it('lies in the partition of its month, or in the default one', async () => {
    await ensureEventPartitions(db);
    await ensureEventPartitions(db);
    const months = await rowsOf(
      db,
      sql`
select relname from pg_class where relispartition and relkind = 'r' and relname ~ '^events_[0-9]{4}_[0-9]{2}$'`,
    );
    expect(months.length).toBeGreaterThanOrEqual(2);
    await db.execute(sql`
insert into events (at, what, target_id, target_name, actor_kind, actor_name, via)
values ('1999-12-31Z', 'tag.changed', 'old', 'Old', 'server', 'test', 'job')`);
    const [old] = await rowsOf(db, sql`select tableoid::regclass::text as "table" from events where target_id = 'old'`);
    expect(old).toEqual({ table: 'events_default' });
  });
});

it('is told of in docs/privacy.md, column by column', () => {
  const page = readFileSync(join(projectRoot, 'docs/privacy.md'), 'utf8');
  const columns = Object.values(getTableColumns(events)).map(({ name }) => name);
  expect(columns.filter((name) => name !== 'id' && !page.includes(`\`${name}\``))).toEqual([]);
});

describe('the network of an actor', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:1234:5678::1', '2001:db8:1234::/48'],
    ['unknown', null],
    ['', null],
  ])('of %s is %s', (address, network) => expect(keptNetworkOf(address)).toBe(network));
});

describe('what an event costs', () => {
  /** What a change asks of the database, but for the beginning and the end of its transaction. */
  async function statementsOf(change: (db: Db) => Promise<unknown>): Promise<string[]> {
    const [counted, statements] = countStatements(app.databaseUrl);
    await change(counted.db);
    await counted.close();
    return statements.filter((statement) => !['begin', 'commit'].includes(statement));
  }
  const isEvent = (statement: string) => statement.includes('insert into events');

  it('is no statement of its own for a new link, whose slugs are told with it', async () => {
    const { instanceDomainId: domainId } = app;
    const link = { url: 'https://example.com/', slug: 'counted', title: null, domainId };
    const statements = await statementsOf((at) => insertLink(at, workspaceId, byTest, link));
    // The domain, the link, its two slugs, the link as it is, and the event.
    expect(statements).toHaveLength(6);
    expect(statements.filter(isEvent)).toHaveLength(1);
  });

  it('is one statement for 500 links', async () => {
    const rows = Array.from({ length: 500 }, (_, index) => ({
      url: `https://example.com/${index}`,
      title: `Link ${index}`,
      tagIds: [],
      campaignId: null,
      createdAt: new Date(),
    }));
    const made = await insertManyLinks(db, workspaceId, byTest, app.instanceDomainId, rows, () => {});
    const ids = made.map(({ id }) => id);
    await ensureTags(db, workspaceId, byTest, ['many']);
    const plan = { name: 'Many', startsOn: null, endsOn: null, goal: null };
    const campaignId = (await insertCampaign(db, workspaceId, byTest, plan)).id;
    for (const [change, count] of [
      // What they are, under a lock; their slugs; the events with what is told.
      [(at: Db) => archiveLinks(at, workspaceId, byTest, ids), 3],
      // The lock, the tag, the links that get it, whether one has too many, what they are, and the events.
      [(at: Db) => addTagTo(at, workspaceId, byTest, ids, 'many'), 6],
      // The lock, the links, and the events.
      [(at: Db) => setCampaignOf(at, workspaceId, byTest, ids, campaignId), 3],
    ] as const) {
      const before = await lastEvent(db);
      const statements = await statementsOf(change);
      expect(statements, statements.join('\n')).toHaveLength(count);
      expect(statements.filter(isEvent)).toHaveLength(1);
      const kept = await eventsAfter(db, before);
      expect(kept.map(({ targetId }) => targetId).toSorted()).toEqual(ids.toSorted());
      expect(new Set(kept.map(({ targetName }) => targetName)).size).toBe(500);
    }
  });
});

describe('a crash between a change and its event', () => {
  /** Holds back events, so that whoever wants to write one waits behind its change. */
  async function whileEventsWait(work: (waiters: () => Promise<number[]>) => Promise<void>): Promise<void> {
    const holder = openDatabase(app.databaseUrl, () => {}, 1);
    await holder.db.transaction(async (tx) => {
      await tx.execute(sql`lock table events in exclusive mode`);
      await work(async () => {
        let pids: number[] = [];
        const waiting = sql`select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into events%'`;
        // It may take a process many seconds to start beside others.
        await expect
          .poll(async () => (pids = (await rowsOf<{ pid: number }>(db, waiting)).map(({ pid }) => pid)))
          .not.toEqual([]);
        return pids;
      });
    });
    await holder.close();
  }

  it('of the connection makes neither', async () => {
    const before = await lastEvent(db);
    let answer: Promise<{ status: number }> | undefined;
    await whileEventsWait(async (waiters) => {
      answer = ada.ask(`/w/${ada.workspace.slug}/links`, { form: { url: 'https://example.com/', slug: 'crashed' } });
      for (const pid of await waiters()) await db.execute(sql`select pg_terminate_backend(${pid})`);
      await answer;
    });
    expect((await answer)?.status).toBeGreaterThanOrEqual(500);
    expect(await rowsOf(db, sql`select from slugs where slug = 'crashed'`)).toEqual([]);
    expect(await eventsAfter(db, before)).toEqual([]);
  });

  it('of the process makes neither', async () => {
    const before = await lastEvent(db);
    const [{ keys }] = (await rowsOf<{ keys: number }>(db, sql`select count(*)::int as keys from api_keys`)) as [
      { keys: number },
    ];
    let pids: number[] = [];
    await whileEventsWait(async (waiters) => {
      const words = ['dist/cli.js', 'key:create', '--email', ada.email, '--name', 'Crashed'];
      const env = { PATH: process.env.PATH, DATABASE_URL: app.databaseUrl, DATA_DIR: app.config.dataDir, TZ: 'UTC' };
      const child = spawn(process.execPath, words, { cwd: projectRoot, env, stdio: 'ignore' });
      const ended = new Promise((resolve) => {
        child.once('exit', (_code, signal) => resolve(signal));
      });
      pids = await waiters();
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
    });
    // Postgres writes the event, and finds then that nobody is there to commit it.
    const left = await eventually(
      () => rowsOf(db, sql`select from pg_stat_activity where pid = any(${sql.param(pids)}::int[])`),
      (backends) => backends.length === 0,
    );
    expect({ pids: pids.length, left }).toEqual({ pids: 1, left: [] });
    expect(await rowsOf(db, sql`select count(*)::int as keys from api_keys`)).toEqual([{ keys }]);
    expect(await eventsAfter(db, before)).toEqual([]);
  });
});
