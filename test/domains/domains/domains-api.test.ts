import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openClient } from '../../people/keys/client.ts';
import { type Ask, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { joinWorkspace } from '../../setup/membership.ts';
import { type DnsServer, startDnsServer } from '../dns/dns-server.ts';

let dns: DnsServer;
let app: TestApp;
let ada: Person;

beforeAll(async () => {
  dns = await startDnsServer();
  app = await startTestApp({ DNS_SERVERS: dns.address });
  ada = await app.signUp('Ada');
});
afterAll(async () => {
  await app.close();
  await dns.close();
});

/** Asks the API with a key that this person made in this workspace. */
async function keyOf(person: Person, host = person) {
  const client = await openClient(app, person, host);
  return async (path: string, ask: Ask = {}) => {
    const answer = await client.ask(`/domains${path}`, ask);
    return { status: answer.status, headers: answer.headers, json: answer.json() as Domain };
  };
}
type Domain = {
  id: string;
  state: string;
  code: string;
  field: string;
  records: { type: string; name: string; value: string }[];
  faults: { code: string; weight: string; detail: string; next: string }[];
  data: { id: string; host: string }[];
};

describe('domains by API', () => {
  it('are added, set up and proved', async () => {
    const ask = await keyOf(ada);
    const added = await ask('', { body: { host: 'HTTPS://Go.Acme.test/' } });
    expect(added.status).toBe(201);
    const { id, records } = added.json;
    expect(added.headers.location).toBe(`/api/v1/domains/${id}`);
    expect(records).toEqual([
      { type: 'TXT', name: '_waymark.go.acme.test', value: expect.stringMatching(/^waymark-verify=[\w-]{32}$/) },
      { type: 'CNAME', name: 'go.acme.test', value: 'go.localhost' },
    ]);
    const again = await ask('', { body: { host: 'go.acme.test' } });
    expect([again.status, again.json.id]).toEqual([200, id]);
    const early = await ask(`/${id}/verify`, { method: 'POST' });
    expect(early.json).toMatchObject({ state: 'waiting', fault: 'txt_missing', provedAt: null });
    expect(early.json.faults.map(({ code }) => code)).toEqual(['txt_missing', 'target_missing']);
    for (const { type, name, value } of records) dns.zone[`${type} ${name}`] = [value];
    const proved = await ask(`/${id}/verify`, { method: 'POST' });
    expect(proved.json).toMatchObject({ state: 'live', fault: null, faults: [], failingSince: null });
    expect((await ask(`/${id}`)).json).toMatchObject({ state: 'live', records });
    expect((await ask('')).json.data).toMatchObject([{ id, host: 'go.acme.test', state: 'live' }]);
  });

  it('are refused with a code', async () => {
    const ask = await keyOf(ada);
    const refusedOf = async (body: unknown) => {
      const { status, json } = await ask('', { body });
      return [status, json.code, json.field];
    };
    expect(await refusedOf({ host: 'co.uk' })).toEqual([422, 'host_suffix', 'host']);
    expect(await refusedOf({ host: 7 })).toEqual([422, 'invalid', 'host']);
    expect(await refusedOf({ host: 'a.test', state: 'live' })).toEqual([422, 'invalid', 'state']);
    expect((await ask('/nothing')).status).toBe(404);
    expect((await ask('/nothing/verify', { method: 'POST' })).status).toBe(404);
  });

  it('say so when another workspace has the domain', async () => {
    const [asAda, asBob] = [await keyOf(ada), await keyOf(await app.signUp('Bob'))];
    const both = [await asAda('', { body: { host: 'both.test' } }), await asBob('', { body: { host: 'both.test' } })];
    dns.zone['CNAME both.test'] = ['go.localhost'];
    dns.zone['TXT _waymark.both.test'] = both.map(({ json }) => json.records[0]?.value ?? '');
    expect((await asAda(`/${both[0]?.json.id}/verify`, { method: 'POST' })).json.state).toBe('live');
    const late = await asBob(`/${both[1]?.json.id}/verify`, { method: 'POST' });
    expect([late.status, late.json.code]).toEqual([409, 'domain_taken']);
    expect((await asBob(`/${both[0]?.json.id}`)).status).toBe(404);
    expect((await asBob(`/${both[0]?.json.id}/verify`, { method: 'POST' })).status).toBe(404);
  });

  it('are seen by every key and changed by those of admins', async () => {
    const mia = await app.signUp('Mia');
    await joinWorkspace(app, mia, ada, 'member');
    const [asAda, asMia] = [await keyOf(ada), await keyOf(mia, ada)];
    const { id } = (await asAda('', { body: { host: 'seen.test' } })).json;
    expect((await asMia(`/${id}`)).status).toBe(200);
    expect((await asMia('', { body: { host: 'mia.test' } })).status).toBe(403);
    expect((await asMia(`/${id}/verify`, { method: 'POST' })).status).toBe(403);
  });
});
