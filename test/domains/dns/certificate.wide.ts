import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCertificateFault } from '../../../src/domains/dns/certificate.ts';
import { openDns } from '../../../src/domains/dns/dns.ts';
import { targetOf } from '../../../src/domains/dns/place.ts';
import { openClient } from '../../people/keys/client.ts';
import { projectRoot } from '../../setup/project-root.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { type DnsServer, startDnsServer } from './dns-server.ts';

let dns: DnsServer;
/** A TLS server that has a certificate for one name, and breaks off for every other, as one does that has none yet. */
let server: tls.Server;
let port: number;
const asked: (string | undefined)[] = [];

const host = 'go.acme.test';

/** Made for this test, for `host` alone, signed by itself and good for a hundred years: nothing else trusts it. */
const pem = (part: 'key' | 'cert') => join(projectRoot, 'test/domains/dns/certificate', `${part}.pem`);

beforeAll(async () => {
  const [key, cert] = [pem('key'), pem('cert')].map((path) => readFileSync(path));
  const context = tls.createSecureContext({ key, cert });
  server = tls.createServer({
    SNICallback(name, done) {
      asked.push(name);
      if (name === host) done(null, context);
      else done(new Error('no certificate for this name'));
    },
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  dns = await startDnsServer();
});
afterAll(async () => {
  server.close();
  await dns.close();
});

const place = () => ({ isHttps: true, isPrivate: true, port });
const codeFor = async (name: string, at = place()) =>
  (await findCertificateFault(name, at, openDns([dns.address])))?.code;

describe('the certificate of a live domain', () => {
  it('is found by its name where browsers trust it', async () => {
    dns.zone[`A ${host}`] = ['127.0.0.1'];
    // Only a process that begins with an authority trusts it.
    const script = `
const { findCertificateFault } = await import('./src/domains/dns/certificate.ts');
const { openDns } = await import('./src/domains/dns/dns.ts');
const fault = await findCertificateFault('${host}', ${JSON.stringify(place())}, openDns(['${dns.address}']));
console.log(fault?.code ?? 'there');`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      { cwd: projectRoot, env: { ...process.env, NODE_EXTRA_CA_CERTS: pem('cert') } },
    );
    expect(stdout.trim()).toBe('there');
    expect(asked.at(-1)).toBe(host);
  });

  it('is told from one that browsers refuse, and from none yet', async () => {
    expect(await codeFor(host)).toBe('tls_foreign');
    dns.zone['CNAME new.acme.test'] = [host];
    dns.zone['A new.acme.test'] = ['127.0.0.1'];
    expect(await codeFor('new.acme.test')).toBe('tls_pending');
    expect(asked.at(-1)).toBe('new.acme.test');
  });

  it('is told from a port where nobody answers, or somebody who says nothing', { timeout: 15_000 }, async () => {
    const silent = net.createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port: silentPort } = silent.address() as AddressInfo;
    expect(await codeFor(host, { ...place(), port: silentPort })).toBe('tls_pending');
    silent.close();
    expect(await codeFor(host, { ...place(), port: silentPort })).toBe('tls_silent');
  });

  it('is not asked for without HTTPS, nor where DNS says nothing', async () => {
    const before = asked.length;
    expect(await codeFor(host, { ...place(), isHttps: false })).toBeUndefined();
    expect(await codeFor('nowhere.acme.test')).toBeUndefined();
    dns.broken.add('broken.test');
    expect(await codeFor('go.broken.test')).toBeUndefined();
    expect(asked.length).toBe(before);
  });

  it('is never asked for at a private address by a public server', async () => {
    let connections = 0;
    const inner = net.createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
    const at = { isHttps: true, isPrivate: false, port: (inner.address() as AddressInfo).port };
    dns.zone['A rebound.test'] = ['127.0.0.1', '10.0.0.1', '192.168.1.1', '169.254.169.254', '0.0.0.0'];
    dns.zone['AAAA rebound.test'] = ['::1', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1'];
    expect(await codeFor('rebound.test', at)).toBeUndefined();
    expect(connections).toBe(0);
    expect(await codeFor('rebound.test', { ...at, isPrivate: true })).toBeDefined();
    expect(connections).toBeGreaterThan(0);
    inner.close();
  });

  it.each([
    ['https://app.example.com', false],
    ['https://203.0.113.7', true],
    ['https://8.8.8.8', false],
    ['http://localhost:3000', true],
    ['http://127.0.0.1', true],
    ['https://10.1.2.3', true],
    ['https://[::1]:3000', true],
    ['https://localhost.example.com', false],
  ])('on %s private addresses are asked: %s', (appUrl, isPrivate) => {
    expect(targetOf({ appUrl, shortUrl: 'https://go.example.com' })).toMatchObject({ isPrivate, port: 443 });
  });
});

describe('the page and the API of a domain', () => {
  let app: TestApp;
  let ada: Person;
  let id: string;

  beforeAll(async () => {
    app = await startTestApp({ DNS_SERVERS: dns.address, SHORT_URL: `https://go.localhost:${port}` });
    ada = await app.signUp('Ada');
    dns.zone['A go.localhost'] = ['127.0.0.1'];
    for (const name of ['page.test', 'waits.test']) {
      dns.zone[`TXT _waymark.${name}`] = ['waymark-verify=proof'];
      dns.zone[`A ${name}`] = ['127.0.0.1'];
    }
    id = await insertDomain(app.db, ada.workspace.id, 'page.test');
  });
  afterAll(() => app.close());

  it('say that the records are right and the certificate is on its way, and go on looking', async () => {
    const path = `/w/${ada.workspace.slug}/domains/${id}`;
    const page = (await ada.ask(`${path}/check`, { method: 'POST' })).text;
    expect(page).toContain('data-fault="tls_pending"');
    expect(page).toContain('its certificate is not there yet');
    expect(page).toContain('hx-trigger="every 10s"');
    const client = await openClient(app, ada);
    const answer = await client.ask(`/domains/${id}/verify`, { method: 'POST' });
    expect(answer.json()).toMatchObject({
      state: 'live',
      fault: null,
      faults: [{ code: 'tls_pending', weight: 'harms' }],
    });
  });

  it('do not ask before a domain is proved', async () => {
    const before = asked.length;
    const waiting = await insertDomain(app.db, ada.workspace.id, 'unproved.test', { state: 'waiting' });
    dns.zone['A unproved.test'] = ['127.0.0.1'];
    const page = await ada.ask(`/w/${ada.workspace.slug}/domains/${waiting}/check`, { method: 'POST' });
    expect(page.text).toContain('data-fault="txt_missing"');
    expect(asked.length).toBe(before);
  });

  it('refuse the eleventh look of a minute, and say when the next may come', async () => {
    const eve = await app.signUp('Eve');
    const hers = await insertDomain(app.db, eve.workspace.id, 'limited.test', { state: 'waiting' });
    const look = () => eve.ask(`/w/${eve.workspace.slug}/domains/${hers}/check`, { method: 'POST' });
    const looks = [];
    for (let count = 0; count < 11; count++) looks.push(await look());
    expect(looks.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
    const { headers, text } = looks.at(-1) ?? { headers: {}, text: '' };
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(text).toMatch(/role="alert".*Check again in \d+ s\./);
    expect(text).toContain('id="domain"');
    const client = await openClient(app, eve);
    const verify = () => client.ask(`/domains/${hers}/verify`, { method: 'POST' });
    for (let count = 0; count < 10; count++) expect((await verify()).status).toBe(200);
    const refused = await verify();
    expect([refused.status, refused.json()]).toEqual([429, expect.objectContaining({ code: 'limit_reached' })]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    // Others are not slowed by it.
    expect((await ada.ask(`/w/${ada.workspace.slug}/domains/${id}/check`, { method: 'POST' })).status).toBe(200);
  });

  it("the list names the instance's short host with its port", async () => {
    expect((await ada.ask(`/w/${ada.workspace.slug}/domains`)).text).toContain(`go.localhost:${port}</strong>`);
  });
});
