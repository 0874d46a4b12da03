import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { diagnose, isReady } from '../../../src/domains/dns/diagnosis.ts';
import { type Dns, findAuthorities, openDns } from '../../../src/domains/dns/dns.ts';
import { type DnsServer, startDnsServer } from './dns-server.ts';

let cache: DnsServer;
let authority: DnsServer;
let dns: Dns;

const place = { target: 'go.waymark.test', isHttps: true };
const base = { 'A go.waymark.test': ['203.0.113.7'], 'AAAA go.waymark.test': ['2001:db8::7'] };
const proof = { 'TXT _waymark.go.acme.test': ['waymark-verify=t0ken'] };
const alias = { 'CNAME go.acme.test': ['go.waymark.test'] };

beforeAll(async () => {
  [cache, authority] = await Promise.all([startDnsServer(), startDnsServer()]);
  dns = { ...openDns([cache.address]), authority: async () => undefined };
});
beforeEach(() => {
  for (const { zone, broken } of [cache, authority]) {
    for (const key of Object.keys(zone)) Reflect.deleteProperty(zone, key);
    broken.clear();
  }
});
afterAll(async () => {
  await Promise.all([cache.close(), authority.close()]);
});

async function check(zone: Record<string, string[]>, host = 'go.acme.test', ask = dns) {
  Object.assign(cache.zone, base, zone);
  const diagnosis = await diagnose({ host, proofToken: 't0ken' }, place, ask);
  return { ...diagnosis, codes: diagnosis.faults.map(({ code }) => code), isReady: isReady(diagnosis) };
}

describe('a domain is ready', () => {
  it.each([
    ['with its TXT record and a CNAME', { ...proof, ...alias }],
    [
      'with a CNAME by way of another',
      { ...proof, 'CNAME go.acme.test': ['www.acme.test'], 'CNAME www.acme.test': ['Go.Waymark.Test.'] },
    ],
    ['with our addresses', { ...proof, 'A go.acme.test': ['203.0.113.7'], 'AAAA go.acme.test': ['2001:db8:0::7'] }],
    ['with our IPv4 address alone', { ...proof, 'A go.acme.test': ['203.0.113.7'] }],
    [
      'beside the TXT records of others',
      { ...alias, 'TXT _waymark.go.acme.test': ['waymark-verify=theirs', ' waymark-verify=t0ken '] },
    ],
    [
      'with a TXT record in several parts',
      { ...alias, 'TXT _waymark.go.acme.test': ['x'.repeat(1_500), 'waymark-verify=t0ken'] },
    ],
    [
      'with CAA records that allow our authority',
      { ...proof, ...alias, 'CAA acme.test': ['0 issue letsencrypt.org', '0 issuewild pki.example'] },
    ],
    ['with CAA records about mail alone', { ...proof, ...alias, 'CAA acme.test': ['0 iodef mailto:ada@acme.test'] }],
  ])('%s', async (_how, zone) => {
    expect(await check(zone)).toMatchObject({ codes: [], isReady: true });
  });

  it('behind a CDN, and is told how', async () => {
    const byAddress = await check({
      ...proof,
      'A go.acme.test': ['104.16.9.9'],
      'AAAA go.acme.test': ['2606:4700::9'],
    });
    expect(byAddress).toMatchObject({ codes: ['proxied'], isReady: true });
    expect(byAddress.faults[0]?.says).toContain('Cloudflare');
    expect(byAddress.faults[0]?.next).toContain('Make go.waymark.test its origin');
    const byName = await check({ ...proof, 'CNAME go.acme.test': ['d1.cloudfront.net'] });
    expect(byName).toMatchObject({ codes: ['proxied'], isReady: true });
  });
});

describe('what is wrong is named, with the next step', () => {
  it.each([
    [
      'nothing is set',
      {},
      ['txt_missing', 'target_missing'],
      'There is no TXT record at _waymark.go.acme.test.',
      'waymark-verify=t0ken',
    ],
    ['no TXT record', alias, ['txt_missing'], 'There is no TXT record', 'Add one with the value waymark-verify=t0ken'],
    [
      'another TXT record',
      { ...alias, 'TXT _waymark.go.acme.test': ['waymark-verify=other'] },
      ['txt_wrong'],
      '“waymark-verify=other”',
      'Set it to waymark-verify=t0ken',
    ],
    [
      'a token within a longer one',
      { ...alias, 'TXT _waymark.go.acme.test': ['waymark-verify=t0ken2'] },
      ['txt_wrong'],
      't0ken2',
      'Set it to',
    ],
    [
      'a token in other letters',
      { ...alias, 'TXT _waymark.go.acme.test': ['waymark-verify=T0KEN'] },
      ['txt_wrong'],
      'T0KEN',
      'Set it to',
    ],
    [
      'no target',
      proof,
      ['target_missing'],
      'go.acme.test does not point anywhere',
      'Add a CNAME record that points to go.waymark.test.',
    ],
    [
      'another target',
      { ...proof, 'CNAME go.acme.test': ['old.shortener.test'] },
      ['target_wrong'],
      'points to old.shortener.test',
      'Change it to a CNAME',
    ],
    [
      'another address',
      { ...proof, 'A go.acme.test': ['203.0.113.8'] },
      ['target_wrong'],
      'points to 203.0.113.8',
      'Change it to a CNAME',
    ],
    [
      'one address of ours and another',
      { ...proof, 'A go.acme.test': ['203.0.113.7', '203.0.113.8'] },
      ['target_wrong'],
      '203.0.113.8',
      'Change it',
    ],
    [
      'an alias that goes round',
      { ...proof, 'CNAME go.acme.test': ['b.acme.test'], 'CNAME b.acme.test': ['go.acme.test'] },
      ['target_wrong'],
      'points to',
      'Change it',
    ],
    [
      'an old AAAA record',
      { ...proof, 'A go.acme.test': ['203.0.113.7'], 'AAAA go.acme.test': ['2001:db8::bad'] },
      ['aaaa_left_behind'],
      '2001:db8::bad',
      'Change the AAAA record to 2001:db8::7',
    ],
    [
      'a CAA record of the zone',
      { ...proof, ...alias, 'CAA acme.test': ['0 issue pki.example'] },
      ['caa_forbids'],
      'at acme.test allows certificates from pki.example',
      '0 issue "letsencrypt.org"',
    ],
    [
      'a CAA record for nobody',
      { ...proof, ...alias, 'CAA go.acme.test': ['0 issue ;'], 'CAA acme.test': ['0 issue letsencrypt.org'] },
      ['caa_forbids'],
      'from nobody',
      'at go.acme.test',
    ],
  ])('%s', async (_what, zone, codes, says, next) => {
    const found = await check(zone);
    expect(found).toMatchObject({ codes, isReady: false });
    expect(found.faults[0]?.says).toContain(says);
    expect(found.faults[0]?.next).toContain(next);
  });

  it('tells the addresses for an apex, which cannot have a CNAME', async () => {
    const found = await check({ 'TXT _waymark.acme.test': ['waymark-verify=t0ken'] }, 'acme.test');
    expect(found.codes).toEqual(['target_missing']);
    expect(found.faults[0]?.next).toBe('Add the records A 203.0.113.7, AAAA 2001:db8::7.');
    expect((await check({ 'A acme.test': ['203.0.113.7'] }, 'acme.test')).isReady).toBe(true);
  });

  it('DNS that fails proves nothing, in either direction', async () => {
    cache.broken.add('acme.test');
    const found = await check({ ...proof, ...alias });
    expect(found).toMatchObject({ codes: ['dns_unreachable'], isReady: false, proofs: undefined });
    expect(found.faults[0]?.weight).toBe('unknown');
  });

  it('DNS that fails for our own name does not make addresses wrong', async () => {
    cache.broken.add('go.waymark.test');
    const zone = { 'TXT _waymark.acme.test': ['waymark-verify=t0ken'], 'A acme.test': ['203.0.113.7'] };
    expect(await check(zone, 'acme.test')).toMatchObject({ codes: ['dns_unreachable'], isReady: false });
    expect(await check({ ...proof, ...alias })).toMatchObject({ codes: [], isReady: true });
  });

  it('DNS that is silent costs seconds, not minutes', async () => {
    const silent = { ...openDns(['127.0.0.1:1']), authority: async () => undefined };
    const began = performance.now();
    expect((await check({}, 'go.acme.test', silent)).codes).toEqual(['dns_unreachable']);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('DNS that is slow, name after name, is waited for no longer than a check may take', async () => {
    cache.delay.ms = 300;
    const aliases = Array.from({ length: 8 }, (_, n) => [`CNAME ${n}.acme.test`, [`${n + 1}.acme.test`]]);
    const began = performance.now();
    Object.assign(cache.zone, base, Object.fromEntries(aliases));
    const found = await diagnose({ host: '0.acme.test', proofToken: 't0ken' }, place, dns, 800).finally(() => {
      cache.delay.ms = 0;
    });
    expect([found.proofs, found.faults.map(({ code }) => code)]).toEqual([undefined, ['dns_unreachable']]);
    expect(performance.now() - began).toBeLessThan(1_600);
  });

  it('is looked for as far up as the name that was registered', async () => {
    const host = 'a.b.c.d.e.f.acme.test';
    const zone = { [`CNAME ${host}`]: ['go.waymark.test'], [`TXT _waymark.${host}`]: ['waymark-verify=t0ken'] };
    const before = cache.questions.length;
    expect((await check({ ...zone, 'CAA test': ['0 issue pki.example'] }, host)).codes).toEqual([]);
    // Our two addresses, TXT, CNAME, and CAA of seven names.
    // A busy machine asks twice, and what the test before gave up may still ask.
    const questions = new Set(cache.questions.slice(before).filter((question) => !/\d\.acme\.test$/.test(question)));
    expect(questions.size).toBe(11);
    expect((await check({ 'CAA acme.test': ['0 issue pki.example'] }, host)).codes).toEqual(['caa_forbids']);
    const asked: string[] = [];
    const none = async () => [];
    const ns = async (name: string) => {
      asked.push(name);
      return [];
    };
    await findAuthorities({ ns, a: none, aaaa: none }, 'a.b.acme.co.uk');
    await findAuthorities({ ns, a: none, aaaa: none }, 'go.acme.github.io');
    expect(asked).toEqual([
      'a.b.acme.co.uk',
      'b.acme.co.uk',
      'acme.co.uk',
      'go.acme.github.io',
      'acme.github.io',
      'github.io',
    ]);
  });

  it('shortens what strangers wrote', async () => {
    const found = await check({ ...alias, 'TXT _waymark.go.acme.test': ['y'.repeat(2_000)] });
    expect(found.faults[0]?.says.length).toBeLessThan(200);
  });
});

describe('the name servers of the zone', () => {
  it('are believed where others are behind', async () => {
    Object.assign(authority.zone, proof, alias);
    const asked = { ...dns, authority: async () => openDns([authority.address]) };
    expect(await check({}, 'go.acme.test', asked)).toMatchObject({
      codes: ['not_propagated'],
      isReady: true,
      proofs: ['t0ken'],
    });
    Reflect.deleteProperty(authority.zone, 'CNAME go.acme.test');
    expect(await check({}, 'go.acme.test', asked)).toMatchObject({
      codes: ['target_missing', 'not_propagated'],
      isReady: false,
    });
  });

  it('are not needed: when they are silent, what is known counts', async () => {
    const asked = { ...dns, authority: async () => openDns(['127.0.0.1:1']) };
    expect((await check(alias, 'go.acme.test', asked)).codes).toEqual(['txt_missing']);
  });

  it('are found by walking up, and asked at public addresses only', async () => {
    Object.assign(cache.zone, {
      'NS acme.test': ['ns1.host.test', 'ns2.host.test'],
      'A ns1.host.test': ['9.9.9.9', '10.0.0.1', '127.0.0.1', '169.254.169.254'],
      'AAAA ns2.host.test': ['2620:fe::9', '::1', '::ffff:10.0.0.1', '::127.0.0.1', 'fd00::1'],
    });
    const records = openDns([cache.address]);
    const ns = async (name: string) => cache.zone[`NS ${name}`] ?? [];
    expect(await findAuthorities({ ...records, ns }, 'a.go.acme.test')).toEqual(['9.9.9.9', '2620:fe::9']);
    expect(await findAuthorities({ ...records, ns }, 'go.other.test')).toEqual([]);
    Object.assign(cache.zone, { 'A ns1.host.test': ['127.0.0.1'], 'AAAA ns2.host.test': [] });
    expect(await records.authority('go.acme.test')).toBeUndefined();
  });
});
