import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDomain, getClaim, listClaims, maxClaims, prove } from '../../../src/domains/domains/claims.ts';
import type { Diagnosis } from '../../../src/domains/dns/diagnosis.ts';
import { domains } from '../../../src/ground/db/schema.ts';
import { byTest } from '../../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { type DnsServer, startDnsServer } from '../dns/dns-server.ts';

let dns: DnsServer;
let app: TestApp;
let ada: Person;
let bob: Person;
let adas: string;
let bobs: string;

beforeAll(async () => {
  dns = await startDnsServer();
  app = await startTestApp({ DNS_SERVERS: dns.address });
  [ada, bob] = [await app.signUp('Ada'), await app.signUp('Bob')];
  [adas, bobs] = [ada.workspace.id, bob.workspace.id];
});
afterAll(async () => {
  await app.close();
  await dns.close();
});

const home = (person = ada) => `/w/${person.workspace.slug}/domains`;

/** Adds a domain as people do; the path of its page. */
async function add(person: Person, host: string): Promise<string> {
  const answer = await person.ask(home(person), { form: { host } });
  expect(answer.status).toBe(303);
  return answer.headers.location ?? '';
}
const check = (person: Person, path: string) => person.ask(`${path}/check`, { method: 'POST' });

/** Sets the records that a claim asks for, beside those of others. */
async function setRecords(workspaceId: string, host: string): Promise<void> {
  const claim = (await listClaims(app.db, workspaceId)).find((each) => each.host === host);
  dns.zone[`TXT _waymark.${host}`] = [
    ...(dns.zone[`TXT _waymark.${host}`] ?? []),
    `waymark-verify=${claim?.proofToken}`,
  ];
  dns.zone[`CNAME ${host}`] = ['go.localhost'];
}
const stateOf = async (workspaceId: string, host: string) =>
  (await listClaims(app.db, workspaceId)).find((each) => each.host === host)?.state;
const visit = (host: string) => app.visit('/', { host });

describe('adding a domain', () => {
  it('is taught before there is one', async () => {
    const page = await ada.ask(home());
    expect(page.text).toContain('Your name on every link');
    expect(page.text).toContain('name="host"');
  });

  it('says so where nothing can lead to the server, because it has no public name', async () => {
    const page = await ada.ask(await add(ada, 'local.acme.test'));
    expect(page.text).toContain('nothing on the internet can lead to go.localhost');
    expect(page.text).toContain('Set <code>SHORT_URL</code> first.');
    expect(page.text).not.toContain('data-copy="go.localhost"');
    const named = await startTestApp({ DNS_SERVERS: dns.address, SHORT_URL: 'http://go.example.com' });
    const cat = await named.signUp('Cat');
    const added = await cat.ask(home(cat), { form: { host: 'go.acme.test' } });
    expect((await cat.ask(added.headers.location ?? '')).text).not.toContain('nothing on the internet');
    await named.close();
  });

  it('leads to the records to set, and to going live once they are there', async () => {
    const path = await add(ada, ' https://Go.Acme.test/ ');
    const page = await ada.ask(path);
    const claim = (await listClaims(app.db, adas))[0];
    expect(claim).toMatchObject({ host: 'go.acme.test', state: 'waiting', scheme: 'http' });
    for (const text of [
      '_waymark.go.acme.test',
      '<code class="wrap-anywhere">_waymark.go</code>',
      `data-copy="waymark-verify=${claim?.proofToken}"`,
      'data-copy="go.acme.test"',
      'hx-trigger="every 10s"',
      `${path}/brand`,
      `${path}/remove`,
    ])
      expect(page.text).toContain(text);
    const missing = await check(ada, path);
    expect(missing.status).toBe(200);
    expect([...missing.text.matchAll(/data-fault="(\w+)"/g)].map(([, code]) => code)).toEqual([
      'txt_missing',
      'target_missing',
    ]);
    expect((await ada.ask(home())).text).toContain('TXT record missing');
    expect((await visit('go.acme.test')).status).toBe(404);

    await setRecords(adas, 'go.acme.test');
    const there = await check(ada, path);
    expect(there.text).toContain('All records are right.');
    expect(there.text).not.toContain('hx-trigger="every 10s"');
    expect(await stateOf(adas, 'go.acme.test')).toBe('live');
    const link = await ada.ask(`/w/${ada.workspace.slug}/links`, {
      form: { url: 'https://example.com/', domain: 'go.acme.test', slug: 'hello' },
    });
    expect(link.status).toBe(303);
    await expect.poll(async () => (await app.visit('/hello', { host: 'go.acme.test' })).status).toBe(302);
  });

  it('twice leads to the same one', async () => {
    expect(await add(ada, 'twice.acme.test')).toBe(await add(ada, 'TWICE.acme.test.'));
  });

  it.each([
    ['an address', '192.0.2.1', 'That is an address.'],
    ['our own host', 'go.localhost', 'belongs to this server already'],
    ['an ending of many', 'github.io', 'an ending that many share'],
    ['nothing', '', 'Write the domain'],
    ['markup', '<b>"x"</b>', 'no domain name'],
  ])('is refused for %s, and the form keeps what was typed', async (_what, host, words) => {
    const answer = await ada.ask(home(), { form: { host } });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(words);
    expect(answer.text).not.toContain('<b>"x"');
    if (/^[\w.]+$/.test(host)) expect(answer.text).toContain(`value="${host}"`);
  });

  it('warns of letters that look like others', async () => {
    const page = await ada.ask(await add(ada, 'аcme.test'));
    expect(page.text).toContain('letters that look like others');
    expect(page.text).toContain('<h1><bdi>xn--cme-5cd.test</bdi></h1>');
  });

  it('shows an apex the addresses of the server', async () => {
    dns.zone['A go.localhost'] = ['203.0.113.7'];
    const page = await ada.ask(await add(ada, 'acme.test'));
    expect(page.text).toContain('data-copy="203.0.113.7"');
    expect(page.text).toContain('<code class="wrap-anywhere">@</code>');
    expect(page.text).toContain('ALIAS');
  });

  it('is for admins, seen by members and viewers, and not there for strangers', async () => {
    const path = await add(ada, 'guarded.acme.test');
    const [admin, member, stranger] = [await app.signUp('Alma'), await app.signUp('Mia'), await app.signUp('Sam')];
    await joinWorkspace(app, admin, ada, 'admin');
    await joinWorkspace(app, member, ada, 'member');
    expect((await member.ask(home())).text).not.toContain('name="host"');
    const page = await member.ask(path);
    expect([page.status, page.text.includes('/check"'), page.text.includes('/remove"')]).toEqual([200, false, false]);
    expect((await member.ask(home(), { form: { host: 'mia.acme.test' } })).status).toBe(403);
    expect((await check(member, path)).status).toBe(403);
    expect((await check(admin, path)).status).toBe(200);
    expect((await admin.ask(home(), { form: { host: 'alma.acme.test' } })).status).toBe(303);
    expect((await stranger.ask(path)).status).toBe(404);
    const elsewhere = path.replace(ada.workspace.slug, stranger.workspace.slug);
    expect((await stranger.ask(elsewhere)).status).toBe(404);
    expect((await check(stranger, elsewhere)).status).toBe(404);
  });
});

describe('whose domain it is', () => {
  it('is decided by proof: a claim without one blocks nobody, and one that stands is not taken', async () => {
    const [first, second] = [await add(ada, 'shared.test'), await add(bob, 'shared.test')];
    await setRecords(bobs, 'shared.test');
    expect((await check(bob, second)).text).toContain('All records are right.');
    await check(ada, first);
    expect([await stateOf(adas, 'shared.test'), await stateOf(bobs, 'shared.test')]).toEqual(['waiting', 'live']);

    await setRecords(adas, 'shared.test');
    const refused = await check(ada, first);
    expect([refused.status, refused.text.includes('Another workspace has this domain')]).toEqual([200, true]);
    expect([await stateOf(adas, 'shared.test'), await stateOf(bobs, 'shared.test')]).toEqual(['waiting', 'live']);

    delete dns.zone['TXT _waymark.shared.test'];
    await setRecords(adas, 'shared.test');
    await check(ada, first);
    expect([await stateOf(adas, 'shared.test'), await stateOf(bobs, 'shared.test')]).toEqual(['live', 'waiting']);
  });

  it('stays with one of two who prove it at once', async () => {
    const [mine, theirs] = await Promise.all([
      claimDomain(app.db, adas, byTest, 'race.test'),
      claimDomain(app.db, bobs, byTest, 'race.test'),
    ]);
    const proofs = [mine.claim.proofToken, theirs.claim.proofToken];
    const ready = { proofs, faults: [] } as unknown as Diagnosis;
    const outcomes = await Promise.allSettled([
      prove(app.db, adas, byTest, mine.claim.id, ready, new Date()),
      prove(app.db, bobs, byTest, theirs.claim.id, ready, new Date()),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({ status: 409, code: 'domain_taken' });
  });

  it('one workspace reads and proves no claim of another', async () => {
    const { claim } = await claimDomain(app.db, adas, byTest, 'mine.test');
    const ready = { proofs: [claim.proofToken], faults: [] } as unknown as Diagnosis;
    await expect(getClaim(app.db, bobs, claim.id)).rejects.toMatchObject({ status: 404 });
    await expect(prove(app.db, bobs, byTest, claim.id, ready, new Date())).rejects.toMatchObject({ status: 404 });
    expect(await stateOf(adas, 'mine.test')).toBe('waiting');
  });

  it('one that was removed comes back with its token, and has to be proved again', async () => {
    const { claim } = await claimDomain(app.db, adas, byTest, 'back.test');
    const ready = { proofs: [claim.proofToken], faults: [] } as unknown as Diagnosis;
    await prove(app.db, adas, byTest, claim.id, ready, new Date());
    await app.db.update(domains).set({ state: 'removed' }).where(eq(domains.id, claim.id));
    await expect(getClaim(app.db, adas, claim.id)).rejects.toMatchObject({ status: 404 });
    await expect(prove(app.db, adas, byTest, claim.id, ready, new Date())).rejects.toMatchObject({ status: 404 });
    const again = await claimDomain(app.db, adas, byTest, 'back.test');
    expect(again).toMatchObject({
      isNew: true,
      claim: { id: claim.id, proofToken: claim.proofToken, state: 'waiting', provedAt: null },
    });
  });

  it('a workspace has room for many, not for any number', async () => {
    const cleo = await app.signUp('Cleo');
    const workspaceId = cleo.workspace.id;
    await app.db.execute(sql`
insert into domains (id, host, workspace_id, state, proof_token)
select 'many' || n, 'many' || n || '.test', ${workspaceId}, 'waiting', 'x' from generate_series(1, ${maxClaims}::int) n`);
    expect((await cleo.ask(home(cleo), { form: { host: 'one-more.test' } })).status).toBe(422);
    expect(await app.db.$count(domains, eq(domains.host, 'one-more.test'))).toBe(0);
  });
});
