import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailings } from '../../../src/ground/db/schema.ts';
import { newId } from '../../../src/ground/text/id.ts';
import { confirmMailing } from '../../../src/reports/mailings/queries.ts';
import { openStream } from '../../reports/live/setup.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { makeLink } from '../../setup/make.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
});
afterAll(() => app.close());

const remove = async (person: Person) => {
  const { rows } = await app.db.execute<{ id: string }>(`select id from users where email = '${person.email}'`);
  const answer = await ada.ask(`/w/${ada.workspace.slug}/members/${rows[0]?.id}/remove`, { method: 'POST' });
  expect(answer.status).toBe(303);
};
const leave = async (person: Person) => {
  expect((await person.ask(`/w/${ada.workspace.slug}/members/leave`, { method: 'POST' })).status).toBe(303);
};

describe('somebody who is not in a workspace any more', () => {
  it.each([
    ['removed', remove],
    ['leaving', leave],
  ])('(%s) sees their streams of it end within seconds, while all other streams go on', async (_how, end) => {
    const mia = await app.signUp('Mia');
    await joinWorkspace(app, mia, ada, 'member');
    const open = (person: Person, slug: string) => openStream(app, `/w/${slug}/live`, { cookie: person.cookie });
    const [here, own, adas] = await Promise.all([
      open(mia, ada.workspace.slug),
      open(mia, mia.workspace.slug),
      open(ada, ada.workspace.slug),
    ]);
    for (const stream of [here, own, adas]) await stream.until('event: hits');
    await end(mia);
    await here.until('event: end');
    await here.ended;
    for (const [stream, owner] of [
      [own, mia],
      [adas, ada],
    ] as const) {
      const { slug } = await makeLink(app, owner);
      await app.visit(`/${slug}`);
      await stream.until(slug);
      expect(stream.text()).not.toContain('event: end');
      stream.close();
    }
  });

  it('gets no more reports of it by mail, not even those they said yes to, while others do', async () => {
    const mia = await app.signUp('Mia');
    await joinWorkspace(app, mia, ada, 'member');
    const plan = async (ofWorkspace: string, recipient: string, every: 'week' | 'month') => {
      const id = newId();
      await app.db.insert(mailings).values({ id, workspaceId: ofWorkspace, every, recipient });
      return id;
    };
    const hers = mia.workspace.id;
    const ids = {
      asMember: await plan(workspaceId, mia.email.toUpperCase(), 'week'),
      saidYes: await plan(workspaceId, mia.email, 'month'),
      ofOthers: await plan(workspaceId, ada.email, 'week'),
      elsewhere: await plan(hers, mia.email, 'week'),
    };
    await confirmMailing(app.db, byTest, ids.saidYes);
    await remove(mia);
    const left = async (id: string) => app.db.$count(mailings, eq(mailings.id, id));
    expect([await left(ids.asMember), await left(ids.saidYes)]).toEqual([0, 0]);
    expect([await left(ids.ofOthers), await left(ids.elsewhere)]).toEqual([1, 1]);
  });

  it('keeps what mail goes to them when only their role changes', async () => {
    const mia = await app.signUp('Mia');
    await joinWorkspace(app, mia, ada, 'member');
    await app.db.insert(mailings).values({ id: 'kept', workspaceId, every: 'week', recipient: mia.email });
    const { rows } = await app.db.execute<{ id: string }>(`select id from users where email = '${mia.email}'`);
    await ada.ask(`/w/${ada.workspace.slug}/members/${rows[0]?.id}/role`, { form: { role: 'viewer' } });
    expect(await app.db.$count(mailings, eq(mailings.id, 'kept'))).toBe(1);
  });
});
