import { expect, it } from 'vitest';
import { openDns } from '../../../src/domains/dns/dns.ts';
import { recheckDomains } from '../../../src/domains/domains/recheck.ts';
import { PATIENCE } from '../../../src/domains/domains/standing.ts';
import { createLink, openClient } from '../../people/keys/client.ts';
import { type Person, startTestApp } from '../../setup/app.ts';
import { startCaddy } from '../../setup/caddy.ts';
import { findProgram } from '../../setup/programs.ts';
import { startDnsServer } from '../dns/dns-server.ts';

const host = 'go.acme.example';
const day = 86_400_000;

/**
 * The whole way of a domain, with a real DNS server and a real Caddy before the real server. Where Caddy is not installed the
 * links are asked for without TLS, and everything else is the same; CI has it (.ci/run).
 */
it('a domain is added, proved, served over HTTPS, paused and resumed', { timeout: 120_000 }, async () => {
  const program = findProgram('caddy');
  if (process.env.CI) expect(program).toBeDefined();
  const dns = await startDnsServer({ 'A go.waymark.test': ['203.0.113.5'] });
  const hosts = { APP_URL: 'https://app.waymark.test', SHORT_URL: 'https://go.waymark.test' };
  const app = await startTestApp({ ...hosts, DNS_SERVERS: dns.address });
  const caddy = program
    ? await startCaddy(program, {
        HOSTS: 'app.waymark.test, go.waymark.test',
        WAYMARK: `127.0.0.1:${app.config.port}`,
      })
    : undefined;
  const follow = async (path: string, at = host) =>
    caddy ? caddy.visit(at, path) : app.visit(path, { host: at, headers: { 'x-forwarded-proto': 'https' } });
  const until = (status: number) => expect.poll(async () => (await follow('/spring')).status).toBe(status);

  const add = async (person: Person, typed: string) => {
    const page =
      (await person.ask(`/w/${person.workspace.slug}/domains`, { form: { host: typed } })).headers.location ?? '';
    const token = /waymark-verify=[\w-]+/.exec((await person.ask(page)).text)?.[0] ?? '';
    return { page, token, check: async () => (await person.ask(`${page}/check`, { method: 'POST' })).text };
  };

  try {
    const [ada, eve] = [await app.signUp('Ada'), await app.signUp('Eve')];
    const [adas, eves] = [await openClient(app, ada), await openClient(app, eve)];

    // The dashboard's own host has its certificate from the start.
    expect((await follow('/log-in', 'app.waymark.test')).status).toBe(200);

    // Add: nothing is served, no certificate is fetched, and nobody is kept from claiming the same.
    const taking = await add(eve, host);
    const claim = await add(ada, 'https://Go.Acme.Example/');
    expect(claim.token).not.toBe(taking.token);
    expect(await claim.check()).toContain(`There is no TXT record at _waymark.${host}`);
    if (caddy) await expect(caddy.visit(host, '/')).rejects.toThrow(/alert/);
    else expect((await follow('/')).status).toBe(404);

    // Prove.
    dns.zone[`TXT _waymark.${host}`] = [claim.token];
    dns.zone[`CNAME ${host}`] = ['go.waymark.test'];
    expect(await claim.check()).toContain('Live');
    const link = await createLink(adas, { domain: host, slug: 'spring', url: 'https://example.com/landing' });
    expect(link.shortUrl).toBe(`https://${host}/spring`);

    // The first visitor fetches the certificate; the link opens, and is a click of somebody behind the proxy.
    const opened = await follow('/spring?utm_source=poster');
    expect([opened.status, opened.headers.location]).toEqual([302, 'https://example.com/landing?utm_source=poster']);
    if (caddy) {
      expect(await caddy.visit(host, '/spring')).toMatchObject({ status: 302, issuedTo: `DNS:${host}` });
      expect((await caddy.visitPlain(host, '/spring')).headers.location).toBe(`https://${host}/spring`);
    }

    // The other workspace cannot take it: not by checking, nor by a record that says nothing of its own.
    expect(await taking.check()).not.toContain('Live');
    const taken = await eves.ask('/links', { body: { domain: host, slug: 'mine', url: 'https://evil.example/' } });
    expect(taken.status).toBe(422);
    expect((await follow('/mine')).status).toBe(404);

    // A host that is nobody's gets no certificate; visitors cannot ask which would get one.
    if (caddy) {
      for (const stranger of ['unknown.example', `evil.${host}`, 'waymark.test', 'localhost'])
        await expect(caddy.visit(stranger, '/spring')).rejects.toThrow(/alert/);
      for (const at of [host, 'app.waymark.test'])
        expect((await caddy.visit(at, `/internal/tls-allowed?domain=${host}`)).status).toBe(404);
    }

    // The record goes: served as long as patience lasts, then paused.
    const parts = { db: app.db, mailer: app.mailer, config: app.config, dns: openDns([dns.address]) };
    const failsAt = Date.now() + 2 * day;
    dns.zone[`TXT _waymark.${host}`] = [];
    await recheckDomains(parts, new Date(failsAt));
    await recheckDomains(parts, new Date(failsAt + PATIENCE - 2 * day));
    expect((await follow('/spring')).status).toBe(302);
    await recheckDomains(parts, new Date(failsAt + PATIENCE));
    await until(404);

    // It comes back: so does the domain, with its links.
    dns.zone[`TXT _waymark.${host}`] = [claim.token];
    await recheckDomains(parts, new Date(failsAt + PATIENCE + 2 * day));
    await until(302);
  } finally {
    await caddy?.close();
    await app.close();
    await dns.close();
  }
});
