import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDomain, getClaim, prove } from '../../../src/domains/domains/claims.ts';
import { diagnose } from '../../../src/domains/dns/diagnosis.ts';
import { openDns } from '../../../src/domains/dns/dns.ts';
import { targetOf } from '../../../src/domains/dns/place.ts';
import { recheckDomains } from '../../../src/domains/domains/recheck.ts';
import { domains } from '../../../src/ground/db/schema.ts';
import { type Mailbox, openMailbox, recipientOf } from '../../people/accounts/mailbox.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { type DnsServer, startDnsServer } from '../dns/dns-server.ts';

let dns: DnsServer;
let mailbox: Mailbox;
let app: TestApp;
let ada: Person;
let workspaceId: string;

beforeAll(async () => {
  dns = await startDnsServer();
  mailbox = await openMailbox();
  app = await startTestApp({ SMTP_URL: mailbox.url, DNS_SERVERS: dns.address });
  ada = await app.signUp('Ada');
  workspaceId = ada.workspace.id;
  const [admin, member] = [await app.signUp('Alma'), await app.signUp('Mia')];
  await joinWorkspace(app, admin, ada, 'admin');
  await joinWorkspace(app, member, ada, 'member');
});
afterAll(async () => {
  await app.close();
  await mailbox.close();
  await dns.close();
});

const day = 86_400_000;
/** The day on which everything begins, and the days after it; each check a minute later on the clock. */
const after = (days: number) => new Date(Date.parse('2027-01-04T08:00:00Z') + days * (day + 60_000));
const recheck = (now: Date) =>
  recheckDomains({ db: app.db, mailer: app.mailer, config: app.config, dns: openDns([dns.address]) }, now);

/** A domain that was proved on day 0. */
async function liveDomain(host: string): Promise<string> {
  await app.db.delete(domains).where(eq(domains.workspaceId, workspaceId));
  const { claim } = await claimDomain(app.db, workspaceId, byTest, host);
  setRecords(host, claim.proofToken);
  const diagnosis = await diagnose(claim, targetOf(app.config), openDns([dns.address]));
  expect((await prove(app.db, workspaceId, byTest, claim.id, diagnosis, after(0))).state).toBe('live');
  return claim.id;
}

function setRecords(host: string, token: string): void {
  dns.zone[`TXT _waymark.${host}`] = [`waymark-verify=${token}`];
  dns.zone[`CNAME ${host}`] = ['go.localhost'];
}

const claimOf = (id: string) => getClaim(app.db, workspaceId, id);
const status = async (host: string) => (await app.visit('/nothing-here', { host })).status;

describe('a live domain', () => {
  it('is looked at once a day, by one node', async () => {
    const id = await liveDomain('daily.test');
    expect(await recheck(new Date(after(0).getTime() + day - 1))).toBe(0);
    const looks = await Promise.all(Array.from({ length: 5 }, () => recheck(after(1))));
    expect(looks.toSorted((one, other) => one - other)).toEqual([0, 0, 0, 0, 1]);
    expect(await recheck(after(1))).toBe(0);
    expect(await claimOf(id)).toMatchObject({ state: 'live', checkedAt: after(1), failingSince: null, fault: null });
  });

  it('without its record is warned about once, paused after its patience, and resumed with it', async () => {
    const id = await liveDomain('fails.test');
    const { proofToken } = await claimOf(id);
    delete dns.zone['TXT _waymark.fails.test'];
    await recheck(after(1));
    expect(await claimOf(id)).toMatchObject({
      state: 'live',
      failingSince: after(1),
      warnedAt: null,
      fault: 'txt_missing',
    });
    expect(mailbox.subjectsFor(ada.email)).toEqual([]);

    await recheck(after(2));
    const mails = [
      await mailbox.take('fails.test: its DNS records are not right'),
      await mailbox.take('fails.test: its DNS records are not right'),
    ];
    expect(new Set(mails.map((mail) => recipientOf(mail)?.split('-')[0]))).toEqual(new Set(['ada', 'alma']));
    expect(mails[0]?.text).toContain('There is no TXT record at _waymark.fails.test.');
    expect(mails[0]?.text).toContain('paused on 12 Jan 2027');
    expect(mails[0]?.text).toContain(`${app.url}/w/${ada.workspace.slug}/domains/${id}`);
    const page = await ada.ask(`/w/${ada.workspace.slug}/domains/${id}`);
    expect(page.text).toContain('is paused on 12 Jan 2027');
    const banner = async () => (await ada.ask(`/w/${ada.workspace.slug}/links`)).text;
    expect(await banner()).toContain(`/domains/${id}">fails.test</a> will be paused`);

    for (let days = 3; days <= 7; days++) await recheck(after(days));
    expect(await claimOf(id)).toMatchObject({ state: 'live', failingSince: after(1) });
    expect(mailbox.subjectsFor(ada.email)).toEqual([]);
    await recheck(after(8));
    expect((await claimOf(id)).state).toBe('paused');
    expect(await banner()).toContain(`/domains/${id}">fails.test</a> is paused`);
    await mailbox.take('fails.test is paused');
    await mailbox.take('fails.test is paused');
    expect((await ada.ask(`/w/${ada.workspace.slug}/domains/${id}`)).text).toContain('Nothing is lost.');
    expect(await recheck(after(30))).toBe(1);
    expect((await claimOf(id)).state).toBe('paused');
    expect(mailbox.subjectsFor(ada.email)).toEqual([]);

    setRecords('fails.test', proofToken);
    await recheck(after(31));
    expect(await claimOf(id)).toMatchObject({
      state: 'live',
      failingSince: null,
      warnedAt: null,
      fault: null,
      provedAt: after(0),
    });
    expect(await banner()).not.toContain('">fails.test</a>');
  });

  it('that points elsewhere fails as well', async () => {
    const id = await liveDomain('moved.test');
    dns.zone['CNAME moved.test'] = ['elsewhere.test'];
    await recheck(after(1));
    expect(await claimOf(id)).toMatchObject({ failingSince: after(1), fault: 'target_wrong' });
    dns.zone['CNAME moved.test'] = ['go.localhost'];
    await recheck(after(2));
    expect(await claimOf(id)).toMatchObject({ failingSince: null, fault: null });
  });

  it('is not blamed for DNS that does not answer, and asked about again an hour later', async () => {
    const id = await liveDomain('silent.test');
    dns.broken.add('silent.test');
    for (let days = 1; days < 10; days++) await recheck(after(days));
    expect(await claimOf(id)).toMatchObject({ state: 'live', failingSince: null });
    const hour = 3_600_000;
    expect(await recheck(new Date(after(9).getTime() + hour - 1))).toBe(0);
    dns.broken.clear();
    expect(await recheck(new Date(after(9).getTime() + hour))).toBe(1);
  });

  it('that is paused is not served, and no certificate is asked for', async () => {
    const id = await liveDomain('served.test');
    const { proofToken } = await claimOf(id);
    const question = () => app.ask('/internal/tls-allowed?domain=served.test', { host: '127.0.0.1' });
    await expect.poll(async () => (await question()).status).toBe(200);
    delete dns.zone['TXT _waymark.served.test'];
    for (let days = 1; days <= 8; days++) await recheck(after(days));
    await expect.poll(async () => (await question()).status).toBe(404);
    expect(await status('served.test')).toBe(404);
    setRecords('served.test', proofToken);
    await recheck(after(9));
    await expect.poll(async () => (await question()).status).toBe(200);
  });
});

describe('a domain that another workspace proves', () => {
  it('is told of by mail to those who looked after it, once', async () => {
    const eve = await app.signUp('Eve');
    const id = await liveDomain('sold.test');
    const { claim } = await claimDomain(app.db, eve.workspace.id, byTest, 'sold.test');
    const check = () => eve.ask(`/w/${eve.workspace.slug}/domains/${claim.id}/check`, { method: 'POST' });
    const subject = 'sold.test belongs to another workspace now';
    const isTold = (email: string) => mailbox.subjectsFor(email).includes(subject);
    await check();
    expect(isTold(ada.email)).toBe(false);
    setRecords('sold.test', claim.proofToken);
    await check();
    expect((await claimOf(id)).state).toBe('waiting');
    const mails = [await mailbox.take(subject), await mailbox.take(subject)];
    expect(new Set(mails.map((mail) => recipientOf(mail)?.split('-')[0]))).toEqual(new Set(['ada', 'alma']));
    expect(mails[0]?.text).toContain(`${app.url}/w/${ada.workspace.slug}/domains/${id}`);
    await check();
    for (const email of [ada.email, eve.email]) expect(isTold(email)).toBe(false);
    await app.db.delete(domains).where(eq(domains.id, claim.id));
  });
});

it('many domains are all looked at, whatever becomes of one', async () => {
  await app.db.delete(domains).where(eq(domains.workspaceId, workspaceId));
  for (let n = 0; n < 45; n++) await insertDomain(app.db, workspaceId, `n${n}.test`);
  await insertDomain(app.db, workspaceId, 'waiting.test', { state: 'waiting' });
  await insertDomain(app.db, workspaceId, 'removed.test', { state: 'removed' });
  expect(await recheck(after(0))).toBe(45);
  expect(await app.db.$count(domains, eq(domains.fault, 'txt_missing'))).toBe(45);
});
