import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Announcement, announce, listen, type Listener } from '../../../src/ground/db/notify.ts';
import { countStatements, type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';
import { query } from '../../setup/postgres.ts';

let database: OpenTestDatabase;
let listener: Listener | undefined;
let heard: Announcement[];
let gaps: number;
let hearings: boolean[];

beforeAll(async () => {
  database = await openTestDatabase();
});

beforeEach(async () => {
  await listener?.close();
  heard = [];
  gaps = 0;
  hearings = [];
});

afterAll(async () => {
  await listener?.close();
  await database.drop();
});

async function startListening(url = database.url): Promise<void> {
  listener = await listen({
    url,
    db: database.db,
    onAnnouncement: (announcement) => heard.push(announcement),
    onGap: () => gaps++,
    onHearing: (hears) => hearings.push(hears),
  });
}

const someSlug = (): Announcement => ({ kind: 'slug', domainId: 'd', slugKey: randomBytes(4).toString('hex') });

const cutListeners = () =>
  query(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waymark listener' and datname = current_database()`,
  );

describe('an announcement', () => {
  it('reaches every node', async () => {
    await startListening();
    const slug = someSlug();
    await announce(database.db, slug);
    await expect.poll(() => heard).toEqual([slug]);
  });

  it('of many things is one statement, and reaches every node as if each were told alone', async () => {
    await startListening();
    const slugs = Array.from({ length: 1_000 }, someSlug);
    const [counted, statements] = countStatements(database.url);
    await announce(counted.db, ...slugs);
    await counted.close();
    await expect.poll(() => heard).toEqual(slugs);
    expect(statements).toHaveLength(1);
  });

  it('of nothing does no harm', async () => {
    await startListening();
    const slug = someSlug();
    await announce(database.db);
    await announce(database.db, slug);
    await expect.poll(() => heard).toEqual([slug]);
    expect(gaps).toBe(0);
  });

  it('is made when its transaction commits, or never', async () => {
    await startListening();
    const [kept, dropped] = [someSlug(), someSlug()];
    const failing = database.db.transaction(async (tx) => {
      await announce(tx, dropped);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await database.db.transaction(async (tx) => announce(tx, kept));
    await expect.poll(() => heard).toEqual([kept]);
  });

  it.each(['not json', '7', 'null', ''])('of a stranger (%j) counts as a gap and does no harm', async (payload) => {
    await startListening();
    await query(database.url, `select pg_notify('waymark', '${payload}')`);
    await expect.poll(() => gaps).toBe(1);
    await announce(database.db, someSlug());
    await expect.poll(() => heard).toHaveLength(1);
  });
});

describe('a listener whose connection is cut', () => {
  it('says that it may have missed something, before and after it listens again', async () => {
    await startListening();
    for (const round of [1, 2, 3]) {
      await cutListeners();
      await expect.poll(() => gaps).toBe(2 * round);
      const slug = someSlug();
      await announce(database.db, slug);
      await expect.poll(() => heard.at(-1)).toEqual(slug);
    }
    const mine = `select count(*)::int as count from pg_stat_activity where application_name = 'waymark listener' and datname = current_database()`;
    await expect.poll(() => query(database.url, mine)).toEqual([{ count: 1 }]);
  });

  it('closes at once while the server is away', async () => {
    const real = new URL(database.url);
    const open = new Set<net.Socket>();
    const proxy = net.createServer((socket) => {
      const server = net.connect(Number(real.port), real.hostname);
      for (const end of [socket, server]) {
        open.add(end);
        end.on('error', () => {});
      }
      socket.pipe(server).pipe(socket);
    });
    await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
    const proxied = new URL(database.url);
    proxied.hostname = '127.0.0.1';
    proxied.port = String((proxy.address() as net.AddressInfo).port);
    await startListening(proxied.href);
    proxy.close();
    for (const socket of open) socket.destroy();
    await expect.poll(() => gaps).toBe(1);
    const startedAt = performance.now();
    await listener?.close();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('does not come about where there is no server', async () => {
    await expect(startListening('postgres://nobody:secret@127.0.0.1:1/none')).rejects.toThrow('ECONNREFUSED');
  });
});
