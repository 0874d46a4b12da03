import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { tellOfDomain } from '../../setup/domains.ts';
import { everyHit, rowsOf } from '../../setup/hits.ts';
import { makeLink } from '../../setup/make.ts';
import { textOf } from './pages.ts';

let app: TestApp;
let owner: Person;
let other: Person;
let home: string;
let spring: string;
/** The slug of spring's QR code. */
let code: { id: string; slug: string };
let instanceDomainId: string;

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

beforeAll(async () => {
  app = await startTestApp();
  instanceDomainId = app.instanceDomainId;
  owner = await app.signUp('Ada');
  other = await app.signUp('Grace');
  home = `/w/${owner.workspace.slug}`;
  await app.db.execute(sql`
insert into domains (id, host, workspace_id, state)
select 'own', 'links.acme.example', id, 'live' from workspaces where slug = ${owner.workspace.slug}`);
  await tellOfDomain(app.db, 'links.acme.example');
  spring = (await makeLink(app, owner, { slug: 'spring' })).id;
  await makeLink(app, other, { slug: 'theirs' });
  await app.db.execute(sql`
insert into slugs (id, domain_id, slug_key, slug, kind, link_id) values ('alias', 'own', 'spring', 'spring', 'alias', ${spring})`);
  const [found] = await rowsOf<{ id: string; slug: string }>(
    app.db,
    sql`select id, slug from slugs where kind = 'qr' and link_id = ${spring}`,
  );
  code = found ?? { id: '', slug: '' };

  await app.visit('/spring', from('203.0.113.1'));
  await app.visit('/spring', { host: 'links.acme.example', ...from('203.0.113.2') });
  await app.visit('/spring', { host: 'links.acme.example', ...from('203.0.113.1') });
  await app.visit(`/${code.slug}`, from('203.0.113.3'));
  await app.visit(`/${code.slug}`, { headers: { 'user-agent': 'Slackbot-LinkExpanding 1.0' } });
  await app.visit('/theirs', from('203.0.113.4'));
});

afterAll(async () => {
  await app?.close();
});

it('records the domain on which a slug was opened', async () => {
  const counted = await rowsOf(
    app.db,
    sql`select domain_id, count(*)::int as hits from ${everyHit} c group by 1 order by 2`,
  );
  expect(counted).toEqual([
    { domain_id: 'own', hits: 2 },
    { domain_id: instanceDomainId, hits: 4 },
  ]);
});

describe.each(['before', 'after'])('%s the roll-up', (when) => {
  beforeAll(async () => {
    if (when === 'after') await app.rollUp();
  });

  it('breaks a workspace down by domain and by QR code, by name', async () => {
    const page = textOf(await owner.ask(`${home}/reports?period=7d`));
    expect(page).toContain(`${app.shortHost} 2 clicks 50 %`);
    expect(page).toContain('links.acme.example 2 clicks 50 %');
    expect(page).toContain(`${app.shortHost}/spring (${code.slug}) 1 clicks 100 % 3 clicks: not scanned All QR codes`);
    expect(page).toContain('1 click came from QR codes.');
  });

  it('shows the codes of a link, and no list of its domains', async () => {
    const answer = await owner.ask(`${home}/links/${spring}?period=7d`);
    expect(textOf(answer)).toContain(
      `QR codes ${app.shortHost}/spring (${code.slug}) 1 clicks 100 % 3 clicks: not scanned All QR codes`,
    );
    expect(answer.text).toContain('by=qr');
    expect(answer.text).not.toContain('by=domain');
    expect(answer.text).toContain(`href="${home}/links/${spring}/qr"`);
    const tab = await owner.ask(`${home}/links/${spring}/qr`);
    expect(textOf(tab)).toContain('Last 30 days 1 by 1 visitor All time 1 by 1 visitor');
    expect(tab.text).toContain(`href="${home}/reports/qr-codes/${code.id}"`);
  });

  it('filters by both, and says them by name', async () => {
    const isScan = await owner.ask(`${home}/reports?period=7d&f=qr:is:${code.id}`);
    expect(textOf(isScan)).toContain(`QR code is ${app.shortHost}/spring (${code.slug})`);
    expect(textOf(isScan)).toContain('1 click by 1 visitor');
    const isNoScan = textOf(await owner.ask(`${home}/reports?period=7d&f=qr:is:&f=domain:not:own`));
    expect(isNoScan).toContain('QR code is Not scanned');
    expect(isNoScan).toContain('Domain is not links.acme.example');
    expect(isNoScan).toContain('1 click by 1 visitor');
  });

  it('reports one domain, with the visitors who came there first that day', async () => {
    const own = textOf(await owner.ask(`${home}/reports/domains/own?period=7d`));
    expect(own).toContain('2 clicks by 1 visitor');
    expect(own).toContain('A visitor whose first click that day was elsewhere is not counted here.');
    expect(textOf(await owner.ask(`${home}/reports/domains/own/values?by=link`))).toContain('1 link');
    expect(textOf(await owner.ask(`${home}/reports/domains/own/values?by=domain`))).toContain(
      'links.acme.example Leave out 2 1 100 %',
    );
  });

  it('counts on the domain that all share no clicks but its own', async () => {
    const shared = `reports/domains/${instanceDomainId}?period=7d`;
    expect(textOf(await owner.ask(`${home}/${shared}`))).toContain('2 clicks by 2 visitors');
    expect(textOf(await other.ask(`/w/${other.workspace.slug}/${shared}`))).toContain('1 click by 1 visitor');
  });

  it('reports the scans of one code', async () => {
    const answer = await owner.ask(`${home}/reports/qr-codes/${code.id}?period=7d`);
    const page = textOf(answer);
    expect(answer.text).toContain(`class="back-link" href="${home}/links/${spring}/qr"`);
    expect(page).toContain(`QR code of ${app.shortHost}/spring (${code.slug})`);
    expect(page).toContain('1 click by 1 visitor');
    expect(page).toContain('1 hit');
  });
});

it('offers these reports where domains are, and where codes are', async () => {
  const list = await owner.ask(`${home}/domains`);
  expect(list.text).toContain(`href="${home}/reports/domains/own"`);
  expect(list.text).toContain(`href="${home}/reports/domains/${instanceDomainId}"`);
  expect((await owner.ask(`${home}/domains/own`)).text).toContain(`href="${home}/reports/domains/own"`);
});

it('knows no domain and no code that is not there, or is another workspace’s', async () => {
  for (const path of ['domains/own', `qr-codes/${code.id}`, 'domains/nowhere', 'qr-codes/alias', 'domains/%00'])
    expect((await other.ask(`/w/${other.workspace.slug}/reports/${path}`)).status, path).toBe(404);
  expect((await owner.ask(`${home}/reports/qr-codes/alias`)).status).toBe(404);
  expect((await owner.ask(`${home}/reports/domains/${spring}`)).status).toBe(404);
});
