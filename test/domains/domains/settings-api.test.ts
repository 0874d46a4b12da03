import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { getOwnDomain, settingNames } from '../../../src/domains/domains/settings.ts';
import { openClient } from '../../people/keys/client.ts';
import type { Answer, Person, TestApp } from '../../setup/app.ts';
import { insertDomain, makeDomain } from '../../setup/domains.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let id: string;
let host: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ id, host } = await makeDomain(app, ada));
});

const none = {
  ...Object.fromEntries(settingNames.map((name) => [name, null])),
  redirectStatus: 302,
  isIndexed: false,
  isCaseSensitive: false,
  isDefault: false,
};
const stored = () => getOwnDomain(app.db, workspaceId, id);

describe('the settings of a domain, by the API', () => {
  let patch: (body: unknown, ofDomain?: string) => Promise<Answer>;

  beforeAll(async () => {
    const client = await openClient(app, ada);
    patch = (body, ofDomain = id) => client.ask(`/domains/${ofDomain}`, { method: 'PATCH', body });
  });

  it('changes what is named and leaves the rest', async () => {
    const answer = await patch({ brandName: 'Acme', redirectStatus: 301, isIndexed: true, isDefault: true });
    expect([answer.status, answer.json()]).toEqual([
      200,
      {
        ...none,
        hasLogo: false,
        id,
        host,
        state: 'live',
        brandName: 'Acme',
        redirectStatus: 301,
        isIndexed: true,
        isDefault: true,
      },
    ]);
    const next = await patch({ brandName: null, isDefault: false });
    expect(next.json()).toMatchObject({ brandName: null, redirectStatus: 301, isIndexed: true, isDefault: false });
  });

  it.each([
    [{ rootUrl: 'ftp://example.com' }, 'rootUrl', 'url_scheme'],
    [{ redirectStatus: 404 }, 'redirectStatus', 'invalid'],
    [{ isIndexed: 'yes' }, 'isIndexed', 'invalid'],
    [{ brandColour: '#fff' }, 'brandColour', 'invalid'],
    [{ assetLinks: 'x' }, 'assetLinks', 'json_invalid'],
  ])('refuses %j', async (body, field, code) => {
    expect((await patch(body)).json()).toMatchObject({ status: 422, field, code });
    expect(await stored()).toMatchObject(none);
  });

  it('knows no domain of others, and none that was given up', async () => {
    const theirs = await insertDomain(app.db, (await app.signUp('Eve')).workspace.id, `theirs-${host}`);
    await app.db.execute(sql`update domains set state = 'removed' where id = ${id}`);
    for (const domain of [theirs, id, app.instanceDomainId, 'nothing', '%00'])
      expect([domain, (await patch({ brandName: 'Mine' }, domain)).status]).toEqual([domain, 404]);
  });

  it('takes a key that an admin made', async () => {
    const mia = await app.signUp('Mia');
    await joinWorkspace(app, mia, ada, 'member');
    const client = await openClient(app, mia, ada);
    for (const ask of [{ method: 'PATCH', body: { brandName: 'Mine' } }, { method: 'DELETE' }]) {
      const answer = await client.ask(`/domains/${id}`, ask);
      expect([answer.status, answer.headers['content-type']]).toEqual([403, 'application/problem+json']);
    }
    expect(await stored()).toMatchObject({ ...none, state: 'live' });
  });
});
