import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { Recorder, type RecorderEvent } from '../../../src/visitors/clicks/recorder.ts';
import { rollUpPending } from '../../../src/visitors/rollups/mover.ts';
import { forgetVisitorsSeen } from '../../../src/visitors/rollups/visitors-seen.ts';
import { Spool } from '../../../src/visitors/clicks/spool.ts';
import { clicks } from '../../../src/ground/db/schema.ts';
import { type Proxy, startProxy } from '../../setup/proxy.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { insertBareWorkspace, makeHit } from '../../setup/hits.ts';
import { hangFile } from '../../setup/hung-disk.ts';

let database: OpenTestDatabase;
let workspaceId: string;
let proxy: Proxy;
let directory: string;
let spool: Spool;
let recorder: Recorder;
let events: RecorderEvent[];
/** Those of all recorders of a test, also of what one still does when it is closed. */
let everyEvent: RecorderEvent[];

beforeAll(async () => {
  database = await openTestDatabase();
  workspaceId = await insertBareWorkspace(database.db);
});

afterAll(() => database.drop());

beforeEach(async () => {
  proxy = await startProxy(Number(new URL(database.url).port));
  directory = mkdtempSync(join(tmpdir(), 'waymark-spool-'));
  everyEvent = [];
  start();
});

afterEach(async () => {
  await recorder.close();
  await proxy.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A recorder on the folder; an earlier one must be closed. */
function start(budgetMs = 150, retentionDays: number | null = null): void {
  const seen: RecorderEvent[] = [];
  events = seen;
  spool = new Spool(directory, () => {});
  recorder = new Recorder({
    databaseUrl: proxy.urlOf(database.url),
    spool,
    budgetMs,
    retentionDays,
    onEvent: (event) => void (seen.push(event), everyEvent.push(event)),
  });
}

/** One whose visitors wait, however busy the machine is. */
async function startPatient(): Promise<void> {
  await recorder.close();
  start(10_000);
}

const click = (changes: Partial<Hit> = {}): Hit => makeHit({ workspaceId, linkId: 'l', ...changes });
const clicksOf = (count: number): Hit[] => Array.from({ length: count }, () => click());
const record = (hits: Hit[]) => Promise.all(hits.map((hit) => recorder.record(hit)));
/** Whether a hit is in the database, once. */
async function isThere(hit: Hit): Promise<boolean> {
  await rollUpPending(database.db);
  return (await database.db.$count(clicks, eq(clicks.id, hit.id))) === 1;
}
const files = () => readdirSync(directory);
const kinds = () => new Set(events.map((event) => event.kind));

async function expectThere(hits: Hit[]): Promise<void> {
  for (const hit of hits) await expect.poll(() => isThere(hit)).toBe(true);
}

describe('a click that cannot be read', () => {
  it('is told of once a minute, and counted each time', () => {
    const error = new RangeError('no such time zone');
    for (let visit = 0; visit < 3; visit++) recorder.lose(error);
    expect(events).toEqual([true, false, false].map((isNews) => ({ kind: 'unread', error, isNews })));
  });
});

describe('a recorder that is closed', () => {
  it('has nothing under way: the folder of its spool may go at once', async () => {
    for (let round = 0; round < 20; round++) {
      await recorder.close();
      rmSync(directory, { recursive: true });
      await new Promise(setImmediate);
      start();
    }
    await recorder.close();
    expect(everyEvent).toEqual([]);
  });
});

describe('a click', () => {
  it('is committed while the database is there', async () => {
    await startPatient();
    const hit = click();
    expect(await recorder.record(hit)).toBe('committed');
    expect(await isThere(hit)).toBe(true);
    expect(events).toEqual([{ kind: 'batch', hits: 1, ms: expect.any(Number) as number }]);
  });

  it('is committed on a new connection when the old one broke', async () => {
    await startPatient();
    await recorder.record(click());
    proxy.down();
    proxy.up();
    const hit = click();
    expect(await recorder.record(hit)).toBe('committed');
    expect(await isThere(hit)).toBe(true);
  });

  it('is there once when the answer to its commit was lost', async () => {
    await recorder.record(click());
    proxy.loseAnswers(1);
    const hits = clicksOf(5);
    const outcomes = record(hits);
    await expect.poll(() => proxy.lost()).toBeGreaterThan(0);
    proxy.loseAnswers(0);
    await outcomes;
    await expectThere(hits);
  });

  it('goes to the spool within the budget while the database is away, and from there to the database', async () => {
    // On a busy machine the first may be late, and be spooled too.
    await expect.poll(() => recorder.record(click())).toBe('committed');
    await expect.poll(() => spool.depth().hits).toBe(0);
    proxy.down();
    const startedAt = performance.now();
    const first = click();
    expect(await recorder.record(first)).toBe('spooled');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(recorder.isDatabaseAway).toBe(true);
    const others = clicksOf(20);
    for (const hit of others) expect(await recorder.record(hit)).toBe('spooled');
    expect(spool.depth().hits).toBe(21);
    proxy.up();
    await expectThere([first, ...others]);
    await expect.poll(() => files()).toEqual([]);
    expect(recorder.isDatabaseAway).toBe(false);
    await expect.poll(() => recorder.record(click())).toBe('committed');
  });

  it('is told of once with all others when the spool is empty, and batch by batch for the metrics', async () => {
    proxy.down();
    await record(clicksOf(1_200));
    proxy.up();
    await expect.poll(() => kinds()).toContain('emptied');
    const told = (kind: string) =>
      events.flatMap((event) => (event.kind === kind && 'hits' in event ? [event.hits] : []));
    expect(told('emptied')).toEqual([1_200]);
    expect(told('drained').length).toBeGreaterThan(1);
    expect(told('drained').reduce((sum, hits) => sum + hits, 0)).toBe(1_200);
  });

  it('leaves few files behind, however long the database is away', async () => {
    proxy.down();
    for (let turn = 0; turn < 60; turn++) {
      await recorder.record(click());
      await new Promise((resume) => setTimeout(resume, 25));
    }
    expect(files().length).toBeLessThanOrEqual(2);
    proxy.up();
    await expect.poll(() => files()).toEqual([]);
  });

  it('is lost, and said to be, when the disk refuses too, unlike the next once the database is back', async () => {
    proxy.down();
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');
    expect(await recorder.record(click())).toBe('lost');
    expect(events).toContainEqual({ kind: 'kept', hits: 1, outcome: 'lost' });
    proxy.up();
    await expect.poll(() => recorder.isDatabaseAway).toBe(false);
    await expect.poll(() => recorder.record(click())).toBe('committed');
  });
});

describe('a click that the database refuses', () => {
  it('is set aside, and holds up neither those of its batch nor the next', async () => {
    await startPatient();
    const hits = clicksOf(50);
    const refused = click({ city: 'a NUL \0 cannot be stored' });
    expect(new Set(await record([...hits.slice(0, 25), refused, ...hits.slice(25)]))).toEqual(new Set(['spooled']));
    expect(recorder.isDatabaseAway).toBe(false);
    expect(await recorder.record(click())).toBe('committed');
    await expectThere(hits);
    await expect.poll(() => files()).toEqual([expect.stringMatching(/refused\.txt$/)]);
    expect(await isThere(refused)).toBe(false);
    expect(kinds()).not.toContain('away');
    expect(events).toContainEqual({ kind: 'refused', hits: 1, error: expect.anything() as unknown });
  });
});

describe('a click that the spool brings after retention has dropped its month', () => {
  it('is set aside, because it may have been counted, while those beside it are recorded', async () => {
    await recorder.close();
    start(150, 40);
    proxy.down();
    const old = click({ clickedAt: Date.now() - 80 * 86_400_000 });
    const kept = click({ clickedAt: Date.now() - 39 * 86_400_000 });
    await record([old, kept]);
    proxy.up();
    await expectThere([kept]);
    await expect.poll(() => files()).toEqual([expect.stringMatching(/refused\.txt$/)]);
    expect(readFileSync(join(directory, files()[0] ?? ''), 'utf8')).toContain(`"id":${old.id},`);
    expect(await isThere(old)).toBe(false);
    expect(events).toContainEqual({ kind: 'refused', hits: 1, error: expect.anything() as unknown });
  });
});

describe('a click of the spool that lacks what each has', () => {
  it('is set aside, while those beside it are recorded', async () => {
    proxy.down();
    const [broken, whole] = [click(), click()];
    await record([{ ...broken, linkId: undefined as unknown as string }, whole]);
    proxy.up();
    await expectThere([whole]);
    await expect.poll(() => files()).toEqual([expect.stringMatching(/refused\.txt$/)]);
    expect(await isThere(broken)).toBe(false);
    expect(events).toContainEqual({ kind: 'refused', hits: 1, error: expect.anything() as unknown });
  });
});

describe('a line that the disk has spoilt', () => {
  it('is told of', async () => {
    proxy.down();
    await record(clicksOf(2));
    const file = join(directory, files()[0] ?? '');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"country":"DE"', '"country":"FR"'));
    proxy.up();
    await expect.poll(() => events).toContainEqual({ kind: 'torn', hits: 1 });
  });
});

describe('a disk that hangs', () => {
  it('while the database is away keeps neither visitors nor the news that it is back', async () => {
    proxy.down();
    await record(clicksOf(2));
    const thaw = hangFile(join(directory, files()[0] ?? ''));
    try {
      await expect.poll(() => spool.isHanging).toBe(true);
      proxy.up();
      await expect.poll(() => recorder.isDatabaseAway).toBe(false);
      await expect.poll(() => recorder.record(click())).toBe('committed');
      expect(spool.isHanging).toBe(true);
    } finally {
      thaw();
    }
  });
});

describe('a visitor', () => {
  it('who came while the database was away is counted once that day', async () => {
    const hit = () => click({ linkId: 'v', visitorKey: 4711 });
    proxy.down();
    await record([hit(), hit()]);
    proxy.up();
    await expect.poll(() => spool.depth().hits).toBe(0);
    await record([hit()]);
    await rollUpPending(database.db);
    const first = sql<number>`count(*) filter (where is_first_on_link)::int`;
    const [row] = await database.db
      .select({ first, all: sql<number>`count(*)::int` })
      .from(clicks)
      .where(eq(clicks.linkId, 'v'));
    expect(row).toEqual({ first: 1, all: 3 });
  });
});

describe('a visitor of a day that is long over', () => {
  const flags = async (linkId: string) => {
    const first = sql<number>`count(*) filter (where is_first_on_link)::int`;
    const inWorkspace = sql<number>`count(*) filter (where is_first_in_workspace)::int`;
    const [row] = await database.db.select({ first, inWorkspace }).from(clicks).where(eq(clicks.linkId, linkId));
    return row;
  };

  it('is counted once when the database has one of the clicks and the spool brings the others', async () => {
    await startPatient();
    const clickedAt = Date.now() - 3 * 86_400_000;
    const hit = (linkId: string) => click({ linkId, visitorKey: 4712, clickedAt });
    expect(await recorder.record(hit('late'))).toBe('committed');
    await rollUpPending(database.db);
    await recorder.close();
    await forgetVisitorsSeen(database.db, new Date());
    start();
    proxy.down();
    const hits = [hit('late'), hit('late'), hit('late-too')];
    await record(hits);
    proxy.up();
    await expectThere(hits);
    expect(await flags('late')).toEqual({ first: 1, inWorkspace: 1 });
    expect(await flags('late-too')).toEqual({ first: 1, inWorkspace: 0 });
  });
});

describe('a stop', () => {
  it('while the database is away is quick and leaves the clicks to the next start', async () => {
    proxy.down();
    const hits = clicksOf(30);
    await record(hits);
    const startedAt = performance.now();
    await recorder.close();
    expect(performance.now() - startedAt).toBeLessThan(4_500);
    expect(files()).toHaveLength(1);
    proxy.up();
    start();
    await expectThere(hits);
    await expect.poll(() => files()).toEqual([]);
  });

  it('waits for the spool to drain while the database is there', async () => {
    proxy.down();
    const hits = clicksOf(1_500);
    await record(hits);
    proxy.up();
    await expect.poll(() => recorder.isDatabaseAway, { interval: 2 }).toBe(false);
    await recorder.close();
    expect(files()).toEqual([]);
    await expectThere(hits.slice(-1));
  });
});
