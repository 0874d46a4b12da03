import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOwnNetworks } from '../../../src/visitors/machines/own-networks.ts';
import { errorAt, valueOf } from '../accounts/visitor.ts';
import { type Client, openClient } from '../keys/client.ts';
import { hearAnnouncements } from '../../setup/announcements.ts';
import type { Answer, Person, TestApp } from '../../setup/app.ts';
import { everyHit, rowsOf } from '../../setup/hits.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { makeLink } from '../../setup/make.ts';
import { textOf } from '../../reports/pages/pages.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let client: Client;
let settings: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  client = await openClient(app, ada);
  settings = `/w/${ada.workspace.slug}/settings`;
  await makeLink(app, ada, { slug: 'office' });
});
afterAll(() => app.close());

const save = (ownNetworks: string, person = ada, path = settings): Promise<Answer> =>
  person.ask(path, {
    form: { name: "Ada's team", slug: path.split('/')[2] ?? '', timeZone: 'UTC', ownNetworks },
  });

/** Every node is told of it; this one may hear it a moment after us. */
async function leaveOut(ownNetworks: string): Promise<void> {
  const heard = await hearAnnouncements(app.databaseUrl);
  const [before] = await rowsOf<{ kept: string }>(
    app.db,
    sql`select own_networks as kept from workspaces where id = ${workspaceId}`,
  );
  expect((await save(ownNetworks)).status).toBe(303);
  if (before?.kept !== readOwnNetworks(ownNetworks))
    await expect.poll(() => heard.heard).toContainEqual({ kind: 'workspace', workspaceId });
  await heard.close();
}

type Kept = { class: string; reason: string };
async function hitFrom(address: string, path = '/office', headers: Record<string, string> = {}): Promise<Kept> {
  const answer = await app.visit(path, { headers: { 'x-forwarded-for': address, ...headers } });
  expect(answer.status).toBe(302);
  const [hit] = await rowsOf<Kept>(
    app.db,
    sql`select class, reason from ${everyHit} c order by clicked_at desc, id desc limit 1`,
  );
  return hit ?? { class: 'none', reason: 'none' };
}

const own = { class: 'owner', reason: 'owner:network' };
const person = { class: 'human', reason: 'human:browser' };

describe('the event of another list', () => {
  it('says how many entries there are, and none of their addresses', async () => {
    await leaveOut('192.0.2.77 The office\n2001:db8:77::/48');
    const [event] = await rowsOf<{ after: object; text: string }>(
      app.db,
      sql`select after, before::text || after::text as text from events where what = 'workspace.changed' order by id desc limit 1`,
    );
    expect(event?.after).toMatchObject({ networksLeftOut: 2, hasOtherNetworks: true });
    expect(event?.text).not.toMatch(/192\.0\.2|2001|office/);
  });
});

describe('a visit from a network that is left out', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9', own],
    ['203.0.113.9', '203.0.113.10', person],
    ['203.0.113.9/24 Office', '203.0.113.255', own],
    ['203.0.113.0/24', '203.0.114.0', person],
    ['2001:db8:1::/48', '2001:db8:1:ffff::1', own],
    ['2001:DB8:1:0::/48', '2001:db8:2::1', person],
    ['2001:db8::1', '2001:db8::1', own],
    ['2001:db8::1', '2001:db8::2', person],
    ['203.0.113.9', '::ffff:203.0.113.9', own],
    ['::ffff:203.0.113.9', '203.0.113.9', own],
    ['::ffff:203.0.113.0/120', '203.0.113.77', own],
    ['::ffff:203.0.113.0/120', '203.0.114.77', person],
    ['198.51.100.7\n2001:db8::/32', '2001:db8:9::1', own],
    ['198.51.100.7\n2001:db8::/32', '198.51.100.7', own],
    ['198.51.100.7\n2001:db8::/32', '198.51.100.8', person],
    ['', '203.0.113.9', person],
  ])('%j: %s', async (networks, address, expected) => {
    await leaveOut(networks);
    await expect.poll(() => hitFrom(address)).toEqual(expected);
  });

  it('is the address that a trusted proxy tells, and no address that a visitor makes up', async () => {
    await leaveOut('203.0.113.9');
    await expect.poll(() => hitFrom('198.51.100.1, 203.0.113.9')).toEqual(own);
    expect(await hitFrom('203.0.113.9, 198.51.100.1')).toEqual(person);
    expect(await hitFrom('nobody')).toEqual(person);
  });

  it('stays a machine’s where a machine asks', async () => {
    const agent = { 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' };
    expect(await hitFrom('203.0.113.9', '/office', agent)).toMatchObject({ class: 'preview' });
  });

  it('is left out of this workspace alone', async () => {
    const eve = await app.signUp('Eve');
    await makeLink(app, eve, { slug: 'eves' });
    expect(await hitFrom('203.0.113.9', '/eves')).toEqual(person);
    expect(await hitFrom('203.0.113.9')).toEqual(own);
  });

  it('is no click, and the report says how many there were and why', async () => {
    const total = async () => {
      await app.rollUp();
      const counted = await client.ask('/analytics?period=today');
      return (counted.json() as { total: { clicks: number; visitors: number } }).total;
    };
    const hits = async (groupBy: 'class' | 'reason', value: string) => {
      const counted = await client.ask(`/analytics?period=today&groupBy=${groupBy}`);
      const { rows } = counted.json() as { rows: { value: string; clicks: number }[] };
      return rows.find((row) => row.value === value)?.clicks ?? 0;
    };
    const ownHits = () => Promise.all([hits('class', 'owner'), hits('reason', 'owner:network')]);
    const before = await total();
    const ownBefore = await ownHits();
    for (let count = 0; count < 3; count++) expect(await hitFrom('203.0.113.9')).toEqual(own);
    expect(await hitFrom('198.51.100.77')).toEqual(person);
    expect(await total()).toEqual({ ...before, clicks: before.clicks + 1, visitors: before.visitors + 1 });
    expect(await ownHits()).toEqual(ownBefore.map((count) => count + 3));
    expect(ownBefore[0]).toBe(ownBefore[1]);
    const page = textOf(await ada.ask(`/w/${ada.workspace.slug}/reports?period=today`));
    expect(page).toContain('Left out: your networks');
  });

  it('leaves its address in no row of a visit', async () => {
    const kept = await rowsOf(
      app.db,
      sql`select 1 from ${everyHit} c where c::text like '%203.0.113.%' union all select 1 from click_counts_monthly d where d::text like '%203.0.113.%'`,
    );
    expect(kept).toEqual([]);
  });
});

const addresses = (count: number) => Array.from({ length: count }, (_, n) => `203.0.113.${n}`).join('\n');

describe('the list of networks', () => {
  it('is kept in its usual form, with notes, without empty lines', () => {
    const typed = '  203.0.113.77/24   Office,  Berlin \r\n\r\n2001:DB8:0:0::1\n::ffff:198.51.100.7\tVPN\n';
    expect(readOwnNetworks(typed)).toBe('203.0.113.0/24 Office, Berlin\n2001:db8::1\n198.51.100.7 VPN');
    expect(readOwnNetworks(readOwnNetworks(typed))).toBe(readOwnNetworks(typed));
    expect(readOwnNetworks(' \n\0\n')).toBe('');
  });

  it.each([
    ['office', 'Line 1: “office” is not an address'],
    ['203.0.113.9\n\n203.0.113.999 VPN', 'Line 3: “203.0.113.999” is not an address'],
    ['203.0.113.9,203.0.113.10', 'Line 1: “203.0.113.9,203.0.113.10” is not an address'],
    ['203.0.113.1-203.0.113.9', 'Line 1: “203.0.113.1-203.0.113.9” is not an address'],
    ['203.0.113.0/33', 'Line 1: “203.0.113.0/33” is not an address'],
    ['203.0.113.0/', 'Line 1: “203.0.113.0/” is not an address'],
    ['203.0.113.0/-1', 'Line 1: “203.0.113.0/-1” is not an address'],
    ['203.0.113', 'Line 1: “203.0.113” is not an address'],
    ['0x7f.1', 'Line 1: “0x7f.1” is not an address'],
    ['2001:db8::/129', 'Line 1: “2001:db8::/129” is not an address'],
    ['fe80::1%eth0', 'Line 1: “fe80::1%eth0” is not an address'],
    ['[2001:db8::1]', 'Line 1: “[2001:db8::1]” is not an address'],
    ['<b>', 'Line 1: “<b>” is not an address'],
    ['x'.repeat(200), `Line 1: “${'x'.repeat(50)}…” is not an address`],
    ['203.0.113.9\n0.0.0.0/0', 'Line 2: 0.0.0.0/0 is too wide'],
    ['10.0.0.0/7', 'Line 1: 10.0.0.0/7 is too wide'],
    ['2000::/15', 'Line 1: 2000::/15 is too wide'],
    ['::/0', 'Line 1: ::/0 is too wide'],
    ['::/16', 'Line 1: ::/16 is too wide'],
    ['::ffff:0:0/95', 'Line 1: ::ffff:0:0/95 is too wide'],
    ['::ffff:0:0/96', 'Line 1: ::ffff:0:0/96 is too wide'],
    ['::ffff:10.0.0.0/103', 'Line 1: ::ffff:10.0.0.0/103 is too wide'],
    [`203.0.113.9 ${'n'.repeat(61)}`, 'Line 1: use at most 60 characters for the note.'],
  ])('refuses %j', (typed, sentence) => {
    expect(() => readOwnNetworks(typed)).toThrow(sentence);
  });

  it.each(['10.0.0.0/8', '2000::/16', '::ffff:10.0.0.0/104'])('takes %j', (typed) => {
    expect(readOwnNetworks(typed).split('\n')).toHaveLength(typed.split('\n').length);
  });

  it('has at most 50 entries, and refuses to read on for ever', () => {
    expect(readOwnNetworks(addresses(50))).toBe(addresses(50));
    const sentence = 'List at most 50 addresses and networks.';
    expect(() => readOwnNetworks(addresses(51))).toThrow(`${sentence} These are 51.`);
    expect(() => readOwnNetworks('\n'.repeat(20_001))).toThrow(sentence);
  });

  it('keeps what was typed where it is refused, and changes nothing', async () => {
    await leaveOut('203.0.113.9 Office');
    const refused = await save('203.0.113.9\n203.0.113.0/99 <b>');
    expect([refused.status, errorAt(refused, 'ownNetworks')]).toEqual([
      422,
      'Line 2: “203.0.113.0/99” is not an address or a network. Write 203.0.113.9, 203.0.113.0/24 or 2001:db8::/48.',
    ]);
    expect(refused.text).toContain('203.0.113.9\n203.0.113.0/99 &lt;b&gt;</textarea>');
    expect((await ada.ask(settings)).text).toContain('\n203.0.113.9 Office</textarea>');
  });

  it('stays where a form does not name it', async () => {
    await leaveOut('203.0.113.9 Office');
    const form = { name: "Ada's team", slug: ada.workspace.slug, timeZone: 'UTC' };
    expect((await ada.ask(settings, { form })).status).toBe(303);
    expect((await ada.ask(settings)).text).toContain('\n203.0.113.9 Office</textarea>');
  });

  it('is refused with both versions where two people changed it', async () => {
    await leaveOut('203.0.113.9');
    const shown = valueOf(await ada.ask(settings), 'shown') ?? '';
    await leaveOut('203.0.113.10 Theirs');
    const form = { name: "Ada's team", slug: ada.workspace.slug, timeZone: 'UTC', shown };
    const refused = await ada.ask(settings, { form: { ...form, ownNetworks: '203.0.113.11 Mine' } });
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('\n203.0.113.11 Mine</textarea>');
    expect(textOf(refused)).toContain('203.0.113.10 Theirs');
    // Another field is nobody's conflict.
    expect((await ada.ask(settings, { form: { ...form, ownNetworks: '203.0.113.9', name: 'Other' } })).status).toBe(
      303,
    );
    expect((await ada.ask(settings)).text).toContain('\n203.0.113.10 Theirs</textarea>');
  });

  it.each([
    ['owner', 303],
    ['admin', 303],
    ['member', 403],
    ['viewer', 403],
  ] as const)('%s: the change answers %i', async (role, status) => {
    const bob = await app.signUp('Bob');
    await joinWorkspace(app, bob, ada, 'viewer');
    await app.db.execute(sql`
update members set role = ${role} where workspace_id = ${workspaceId} and user_id = (select id from users where email = ${bob.email})`);
    expect((await save('203.0.113.99', bob)).status).toBe(status);
    const page = await bob.ask(settings);
    expect(/<textarea[^>]* name="ownNetworks"/.test(page.text)).toBe(status !== 403);
  });
});

describe('the address of who looks', () => {
  const hint = async (address: string) => textOf(await ada.ask(settings, { headers: { 'x-forwarded-for': address } }));

  it('is shown as it would be written, and whether it is left out', async () => {
    await leaveOut('203.0.113.0/24');
    expect(await hint('203.0.113.9')).toContain('Your address is 203.0.113.9 . It is not counted.');
    expect(await hint('198.51.100.9')).toContain('Your address is 198.51.100.9 .');
    expect(await hint('2001:db8:1:2:3::4')).toContain('Your network is 2001:db8:1:2::/64');
    expect(await hint('198.51.100.9')).not.toContain('private address');
    expect(await hint('10.1.2.3')).toContain('This is a private address.');
    expect(await hint('unreadable')).not.toContain('Your address is');
  });
});
