import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../../src/config.ts';
import { domains } from '../../../src/ground/db/schema.ts';
import { ensureInstanceDomain, findOrMakeInstanceDomain, listDomains } from '../../../src/domains/domains/queries.ts';
import { type OpenTestDatabase, openTestDatabase } from '../../setup/database.ts';

describe('the instance’s own short host', () => {
  let database: OpenTestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.drop());
  const hosts = async () => (await database.db.select().from(domains)).map(({ scheme, host }) => `${scheme}://${host}`);

  it('is made by a command when it is missing, follows the server, and is left alone by commands', async () => {
    const id = await findOrMakeInstanceDomain(database.db, 'http://localhost:3000');
    expect(await hosts()).toEqual(['http://localhost:3000']);
    expect(await ensureInstanceDomain(database.db, 'https://go.example.com')).toBe(id);
    expect(await findOrMakeInstanceDomain(database.db, 'http://localhost:3000')).toBe(id);
    expect(await hosts()).toEqual(['https://go.example.com']);
  });

  it('is among the domains of every workspace, of which every page reads a few columns and no files', async () => {
    const id = await ensureInstanceDomain(database.db, 'https://go.example.com');
    const domain = { id, host: 'go.example.com', isCaseSensitive: false, isInstances: true };
    expect(await listDomains(database.db, 'none')).toEqual([domain]);
  });
});

describe('DNS_SERVERS', () => {
  const read = (servers: string) => readConfig({ SECRET: 'x'.repeat(32), DNS_SERVERS: servers }).dnsServers;

  it('takes addresses with and without a port', () => {
    expect(read('')).toEqual([]);
    const servers = ['9.9.9.9', '127.0.0.1:5353', '2620:fe::fe', '[::1]:5353'];
    expect(read(` ${servers.join(' , ')},`)).toEqual(servers);
  });

  it.each(['dns.example.com', '9.9.9.9:0', '9.9.9.9:70000', '999.9.9.9', '[::1', 'a:b:c'])('refuses %s', (server) => {
    expect(() => read(server)).toThrow(ConfigError);
  });
});
