import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { makeLink, pageOf } from '../../setup/make.ts';
import { openStream, type Stream } from './setup.ts';

const slack = 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)';

let app: TestApp;
let ada: Person;
let live: string;
let springPath: string;
const streams: Stream[] = [];

async function open(person: Person, path: string, headers: Record<string, string> = {}): Promise<Stream> {
  const stream = await openStream(app, path, { cookie: person.cookie, ...headers });
  streams.push(stream);
  return stream;
}

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  live = `/w/${ada.workspace.slug}/live`;
  springPath = pageOf(ada, await makeLink(app, ada, { slug: 'spring' }));
  await makeLink(app, ada, { slug: 'summer' });
});

afterAll(async () => {
  for (const stream of streams) stream.close();
  await app.close();
});

type HitJson = { id: string; at: number; link: string; isClick: boolean; class: string; reason: string; from: string };
const hitsOf = (stream: Stream) =>
  [...stream.text().matchAll(/^data: (\{.*"hits".*\})$/gm)].flatMap(
    ([, json = '']) => (JSON.parse(json) as { hits: HitJson[] }).hits,
  );

describe('an open report', () => {
  it('hears of a hit, in words and with its class', async () => {
    const stream = await open(ada, live);
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stream.headers['content-encoding']).toBeUndefined();
    expect(stream.headers['cache-control']).toContain('no-store');
    expect(stream.headers['x-content-type-options']).toBe('nosniff');
    await stream.until('"hits":[]');

    await app.visit('/spring', { headers: { referer: 'https://www.linkedin.com/', 'accept-language': 'de' } });
    await stream.until('linkedin.com');
    await app.visit('/summer', { headers: { 'user-agent': slack } });
    await stream.until('Slack preview');
    const [click, preview] = hitsOf(stream);
    expect(click).toMatchObject({
      link: `${app.shortHost}/spring`,
      isClick: true,
      class: 'People',
      from: 'linkedin.com',
    });
    expect(preview).toMatchObject({ link: `${app.shortHost}/summer`, isClick: false, class: 'Link previews' });
    expect(stream.text()).not.toMatch(/127\.0\.0\.1|visitor/i);
  });

  it("of a link hears of that link's hits alone", async () => {
    const stream = await open(ada, `${springPath}/live`);
    await stream.until('"hits":');
    await app.visit('/summer');
    await app.visit('/spring');
    await expect.poll(() => hitsOf(stream).length).toBe(2);
    expect(new Set(hitsOf(stream).map(({ link }) => link))).toEqual(new Set([`${app.shortHost}/spring`]));
  });

  it('goes on where it lost the connection, whether the browser or the page says where', async () => {
    const before = await open(ada, live);
    await before.until(/^id: \d+$/m);
    before.close();
    const lastId = [...before.text().matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? '';
    await app.visit('/spring?utm_source=missed', { headers: { referer: 'https://missed.example/' } });
    const byHeader = await open(ada, live, { 'last-event-id': lastId });
    await byHeader.until('missed.example');
    const byPage = await open(ada, `${live}?after=${Date.now() + 60_000}`);
    await byPage.until('"hits":');
    expect(hitsOf(byPage)).toEqual([]);
  });

  it('asks for news where streams do not get through', async () => {
    const start = Date.now();
    await app.visit('/spring', { headers: { referer: 'https://polled.example/' } });
    const answer = await ada.ask(`${live}/hits?after=${start}`);
    const { hits } = answer.json() as { hits: HitJson[] };
    expect(hits.map(({ from }) => from)).toEqual(['polled.example']);
    const ofLink = (await ada.ask(`${springPath}/live/hits`)).json() as { hits: HitJson[] };
    expect(new Set(ofLink.hits.map(({ link }) => link))).toEqual(new Set([`${app.shortHost}/spring`]));
  });
});

describe('who may look', () => {
  it('viewers may, strangers and the logged out may not', async () => {
    const [bob, eve] = [await app.signUp('Bob'), await app.signUp('Eve')];
    await joinWorkspace(app, bob, ada, 'viewer');
    expect((await open(bob, live)).status).toBe(200);
    expect((await eve.ask(live)).status).toBe(404);
    expect((await eve.ask(`${live}/hits`)).status).toBe(404);
    expect((await eve.ask(`/w/${eve.workspace.slug}/links/${springPath.split('/').at(-1)}/live`)).status).toBe(404);
    expect((await app.ask(live)).headers.location).toMatch(/^\/log-in/);
  });

  it('ends within a minute for those who log out or leave the workspace', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    try {
      const [gil, hal] = [await app.signUp('Gil'), await app.signUp('Hal')];
      await joinWorkspace(app, gil, ada, 'member');
      await joinWorkspace(app, hal, ada, 'member');
      const [ofGil, ofHal, ofAda] = [await open(gil, live), await open(hal, live), await open(ada, live)];
      await gil.ask('/log-out', { method: 'POST' });
      await app.db.execute(sql`delete from members where user_id = (select id from users where email = ${hal.email})`);
      vi.advanceTimersByTime(60_000);
      await Promise.all([ofGil.ended, ofHal.ended]);
      expect(ofGil.text()).toMatch(/event: end\ndata: \{\}\n\n$/);
      await app.visit('/spring', { headers: { referer: 'https://after.example/' } });
      await ofAda.until('after.example');
      expect(ofHal.text()).not.toContain('after.example');
    } finally {
      vi.useRealTimers();
    }
  });

  it('a workspace has room for 250, and tells one more to ask now and then', async () => {
    const cy = await app.signUp('Cy');
    const path = `/w/${cy.workspace.slug}/live`;
    const all = await Promise.all(Array.from({ length: 250 }, () => open(cy, path)));
    expect(all.every(({ status }) => status === 200)).toBe(true);
    const refused = await cy.ask(path);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
    expect((await cy.ask(`${path}/hits`)).status).toBe(200);
    all[0]?.close();
    await expect.poll(async () => (await openStream(app, path, { cookie: cy.cookie })).status).toBe(200);
    for (const stream of all) stream.close();
  });
});

describe('the last half hour', () => {
  it('shows clicks by minute, of the workspace and of a link', async () => {
    const dee = await app.signUp('Dee');
    const link = pageOf(dee, await makeLink(app, dee, { slug: 'realtime' }));
    for (let count = 0; count < 3; count++) await app.visit('/realtime');
    await app.visit('/realtime', { headers: { 'user-agent': slack } });
    for (const path of [`/w/${dee.workspace.slug}/realtime`, `${link}/realtime`]) {
      const page = await dee.ask(path);
      expect(page.status).toBe(200);
      expect(page.text).toContain('<strong>3 clicks</strong> <span>1 visitor new today</span>');
      expect(page.text).toContain('1 more hit was not by people.');
      expect(page.text.match(/<g class="chart-band"/g)).toHaveLength(30);
      expect((await ada.ask(path)).status).toBe(404);
    }
  });
});

it('a server that stops ends every stream and does not wait for viewers', async () => {
  const other = await startTestApp();
  const ida = await other.signUp('Ida');
  const stream = await openStream(other, `/w/${ida.workspace.slug}/live`, { cookie: ida.cookie });
  await stream.until('"hits":');
  // Connections that do not end by themselves are cut after five seconds.
  const cut = vi.spyOn(other.fastify.server, 'closeAllConnections');
  await other.close();
  await stream.ended;
  expect(cut).not.toHaveBeenCalled();
});
