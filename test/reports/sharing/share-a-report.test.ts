import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Visitor } from '../../people/accounts/visitor.ts';
import { textOf } from '../pages/pages.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let shares: string;
let linkId: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  shares = `/w/${ada.workspace.slug}/shares`;
  linkId = (await makeLink(app, ada, { slug: 'spring' })).id;
  await makeLink(app, ada, { slug: 'summer' });
  await app.visit('/spring?utm_source=news', {
    headers: { referer: 'https://www.linkedin.com/', 'x-forwarded-for': '81.2.69.142' },
  });
  await app.visit('/summer');
});

afterAll(async () => {
  await app.close();
});

type ShareFields = { title?: string; link?: string; parts?: string[]; password?: string; expires?: string };

function send({ parts = [], ...fields }: ShareFields, person = ada): Promise<Answer> {
  const body = new URLSearchParams({ title: 'Spring, shared', ...fields });
  for (const part of parts) body.append('parts', part);
  return person.ask(shares, {
    body: body.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
}

/** Shares a report; returns the path of its page. */
async function share(fields: ShareFields = {}): Promise<string> {
  const answer = await send(fields);
  const path = /id="new-share">[^<]*(\/r\/[\w-]{32})</.exec(answer.text)?.[1];
  if (answer.status !== 201 || !path) throw new Error(`${answer.status}: ${answer.text}`);
  return path;
}

describe('a shared report', () => {
  it('is read by whoever has the link, without an account', async () => {
    const page = await app.ask(await share({ parts: ['links', 'places', 'sources', 'devices'] }));
    expect(page.status).toBe(200);
    const words = textOf(page);
    expect(words).toContain('Spring, shared');
    expect(words).toContain('2 clicks by');
    expect(words).toContain('linkedin.com');
    expect(words).toContain('United Kingdom');
    expect(page.headers['x-robots-tag']).toBe('noindex, nofollow');
    expect(page.headers['referrer-policy']).toBe('same-origin');
    expect(page.headers['set-cookie']).toBeUndefined();
  });

  it('shows nothing that leads to the workspace, and no more than was chosen', async () => {
    const path = await share({ parts: ['devices'] });
    for (const search of ['', '?period=7d', '?period=7d&interval=hour', '?period=all&filter=country:is:GB']) {
      const page = await app.ask(path + search);
      expect(page.status).toBe(200);
      expect(page.text).not.toContain(ada.workspace.slug);
      expect(page.text).not.toContain('/w/');
      expect(page.text).not.toContain(linkId);
      expect(page.text).not.toContain(ada.email);
      expect(page.text).not.toMatch(/linkedin|United Kingdom|map-picture|English|news/);
      expect(textOf(page)).toContain('Desktop');
    }
  });

  it('of a link is about that link alone', async () => {
    const page = await app.ask(await share({ link: linkId, parts: ['sources'] }));
    expect(textOf(page)).toContain('1 click by 1 visitor');
    expect(page.text).not.toContain('summer');
  });

  it('is kept as a hash, and sealed', async () => {
    const path = await share();
    const { rows } = await app.db.execute(sql`select row_to_json(s)::text as row from shares s`);
    expect(JSON.stringify(rows)).not.toContain(path.slice('/r/'.length));
  });

  it('ends when it is told to, at once and for all', async () => {
    const path = await share({ title: 'Short-lived' });
    expect((await app.ask(path)).status).toBe(200);
    const id = /popovertarget="end-(\w+)" aria-label="End sharing Short-lived"/.exec((await ada.ask(shares)).text)?.[1];
    expect((await ada.ask(`${shares}/${id}/end`, { method: 'POST' })).status).toBe(303);
    const gone = await app.ask(path);
    expect(gone.status).toBe(404);
    expect(textOf(gone)).toContain('This report is not shared any more.');
    expect((await ada.ask(`${shares}/${id}/end`, { method: 'POST' })).status).toBe(404);
  });

  it('ends with its last day', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const path = await share({ title: 'Until tomorrow', expires: tomorrow });
    expect((await app.ask(path)).status).toBe(200);
    await app.db.execute(sql`update shares set expires_at = now() where title = 'Until tomorrow'`);
    expect((await app.ask(path)).status).toBe(404);
    expect((await send({ expires: '2020-01-01' })).text).toContain('This day is in the past.');
    expect((await send({ expires: 'soon' })).status).toBe(422);
  });

  it('without a last day is not said to be over', async () => {
    await share({ title: 'For ever' });
    const row = /<tr>(?:(?!<\/tr>).)*For ever.*?<\/tr>/s.exec((await ada.ask(shares)).text)?.[0] ?? '';
    expect(row).toContain('No end date');
    expect(row).not.toMatch(/ended|Over/);
  });

  it('goes with its link', async () => {
    const doomed = (await makeLink(app, ada, { slug: 'doomed' })).id;
    const path = await share({ link: doomed });
    expect((await app.ask(path)).status).toBe(200);
    await app.db.execute(sql`update links set deleted_at = now() where id = ${doomed}`);
    expect((await app.ask(`${path}?period=90d`)).status).toBe(404);
  });

  it('is not there under any other address', async () => {
    expect((await app.ask(`/r/${'a'.repeat(32)}`)).status).toBe(404);
    expect((await app.ask('/r/short')).status).toBe(404);
    expect((await app.visit(await share(), { headers: {} })).status).not.toBe(200);
  });
});

describe('with a password', () => {
  it('shows nothing before it is given, and remembers it for a while', async () => {
    const path = await share({ title: 'Secret numbers', password: 'correct horse', parts: ['sources'] });
    const visitor = new Visitor(app);
    const asked = await visitor.ask(path);
    expect(asked.status).toBe(200);
    expect(textOf(asked)).toContain('This report has a password');
    expect(asked.text).not.toMatch(/Secret numbers|linkedin|clicks/);
    const refused = await visitor.ask(path, { form: { password: 'wrong horse' } });
    expect(refused.status).toBe(422);
    expect(textOf(refused)).toContain('This is not the password.');
    expect(textOf(await visitor.send(path, { password: 'correct horse' }))).toContain('linkedin.com');
    expect(textOf(await visitor.ask(`${path}?period=7d`))).toContain('linkedin.com');
    expect(textOf(await new Visitor(app).ask(path))).toContain('This report has a password');
  });

  it('the cookie opens this report with this password, and none when forged', async () => {
    const [one, other] = [
      await share({ title: 'One', password: 'correct horse' }),
      await share({ title: 'Other', password: 'correct horse' }),
    ];
    const visitor = new Visitor(app);
    await visitor.send(one, { password: 'correct horse' });
    const [[name = '', value = ''] = []] = visitor.cookies;
    expect(decodeURIComponent(value)).not.toContain('correct');
    expect(textOf(await visitor.ask(other))).toContain('This report has a password');
    const { rows } = await app.db.execute<{ id: string }>(sql`select id from shares where title = 'Other'`);
    const moved = `waymark_share_${rows[0]?.id}=${value}`;
    expect(textOf(await app.ask(other, { headers: { cookie: moved } }))).toContain('This report has a password');
    const forged = `${name}=${value.replace(/\d{3}(?=\.)/, '999')}`;
    expect(textOf(await app.ask(one, { headers: { cookie: forged } }))).toContain('This report has a password');
    await app.db.execute(
      sql`update shares set password_hash = (select password_hash from shares where title = 'Other') where title = 'One'`,
    );
    expect(textOf(await visitor.ask(one))).toContain('This report has a password');
  });

  const tryFrom = async (path: string, address: string, password: string) =>
    (await app.ask(path, { form: { password }, headers: { 'x-forwarded-for': address } })).status;

  it('guessing ends after twenty tries from one network, and the others still get in', async () => {
    const path = await share({ password: 'correct horse' });
    for (let count = 0; count < 20; count++) expect(await tryFrom(path, '203.0.113.1', `guess ${count}`)).toBe(422);
    expect(await tryFrom(path, '203.0.113.1', 'correct horse')).toBe(429);
    expect(await tryFrom(path, '203.0.113.2', 'correct horse')).toBe(303);
  });

  it('guessing ends after a hundred tries, from wherever they come', async () => {
    const path = await share({ password: 'correct horse' });
    for (let ten = 0; ten < 10; ten++) {
      const tries = Array.from({ length: 10 }, (_, count) =>
        tryFrom(path, `198.51.100.${ten * 10 + count}`, 'a guess'),
      );
      expect(await Promise.all(tries)).toEqual(Array(10).fill(422));
    }
    expect(await tryFrom(path, '198.51.100.200', 'correct horse')).toBe(429);
  });
});

describe('who may share', () => {
  it('members may, viewers see what is shared, strangers nothing', async () => {
    const [bob, cy, eve] = [await app.signUp('Bob'), await app.signUp('Cy'), await app.signUp('Eve')];
    await joinWorkspace(app, bob, ada, 'viewer');
    await joinWorkspace(app, cy, ada, 'member');
    expect((await send({}, cy)).status).toBe(201);
    expect((await send({}, bob)).status).toBe(403);
    const seen = await bob.ask(shares);
    expect(seen.status).toBe(200);
    expect(seen.text).not.toMatch(/<form[^>]+\/shares/);
    const { rows } = await app.db.execute<{ id: string }>(sql`select id from shares limit 1`);
    expect((await bob.ask(`${shares}/${rows[0]?.id}/end`, { method: 'POST' })).status).toBe(403);
    expect((await eve.ask(shares)).status).toBe(404);
    expect((await send({}, eve)).status).toBe(404);
    const asEve = `/w/${eve.workspace.slug}/shares`;
    expect((await eve.ask(`${asEve}/${rows[0]?.id}/end`, { method: 'POST' })).status).toBe(404);
    expect((await eve.ask(asEve, { form: { title: 'Mine', link: linkId } })).status).toBe(404);
  });

  it('a refused form comes back with what was typed', async () => {
    const refused = await send({ title: '', password: 'short', parts: ['devices'] });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Give the report a title.');
    expect(refused.text).toContain('Use at least 8 characters');
    expect(refused.text).not.toContain('value="short"');
    expect(refused.text).toMatch(/value="devices"\s+checked/);
    expect(refused.text).not.toMatch(/value="places"\s+checked/);
  });
});
