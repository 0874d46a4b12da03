import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addTagTo, archiveLinks, setCampaignOf } from '../../../src/links/links/bulk.ts';
import { bulkForm } from '../../../src/links/pages/forms.ts';
import { getLink, type Link } from '../../../src/links/links/queries.ts';
import { byTest } from '../../setup/actor.ts';
import { hearAnnouncements } from '../../setup/announcements.ts';
import type { Ask, Person, TestApp } from '../../setup/app.ts';
import { countStatements } from '../../setup/database.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { insertBareWorkspace } from '../../setup/hits.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { makeCampaign, makeLink } from '../../setup/make.ts';
import { pressUndo } from '../../setup/undo.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let links: Link[];

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  await makeCampaign(app, workspaceId, 'Spring');
  await makeCampaign(app, workspaceId, 'Autumn');
});
afterAll(() => app.close());

const create = (workspace = workspaceId, tags: string[] = []) => makeLink(app, workspace, { tags });

beforeEach(async () => {
  links = [await create(), await create(), await create()];
});

type Fields = { action?: string; tag?: string; campaign?: string; back?: string };

/** The form as a browser sends it, one `links` for each box. */
function form(fields: Fields, ids = links.map(({ id }) => id)): Ask {
  const body = new URLSearchParams([...ids.map((id) => ['links', id]), ...Object.entries(fields)]);
  return { body: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } };
}
const path = (person = ada) => `/w/${person.workspace.slug}/links/bulk`;
const send = (fields: Fields, ids?: string[]) => ada.ask(path(), form(fields, ids));
const state = async () =>
  (await Promise.all(links.map(({ id }) => getLink(app.db, workspaceId, id)))).map((link) => ({
    tags: link.tags.map(({ name }) => name).join(),
    campaign: link.campaign?.name ?? null,
    isArchived: link.archivedAt !== null,
  }));

const undo = (answer: Awaited<ReturnType<typeof send>>) => pressUndo(ada, answer);

describe('several links', () => {
  it('get a tag, and undo takes it from those that got it', async () => {
    await send({ action: 'add-tag', tag: 'Mail' }, [links[0]?.id ?? '']);
    const answer = await send({ action: 'add-tag', tag: 'mail', back: 'tag=Mail&sort=clicks&cursor=x' });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe(`/w/${ada.workspace.slug}/links?tag=Mail&sort=clicks`);
    expect((await state()).map(({ tags }) => tags)).toEqual(['Mail', 'Mail', 'Mail']);
    await undo(answer);
    expect((await state()).map(({ tags }) => tags)).toEqual(['Mail', '', '']);
  });

  it('lose a tag, and undo gives it back', async () => {
    await send(
      { action: 'add-tag', tag: 'Ads' },
      links.slice(1).map(({ id }) => id),
    );
    const answer = await send({ action: 'remove-tag', tag: 'ADS' });
    expect((await state()).map(({ tags }) => tags)).toEqual(['', '', '']);
    await undo(answer);
    expect((await state()).map(({ tags }) => tags)).toEqual(['', 'Ads', 'Ads']);
  });

  it('join a campaign and leave it, and undo leads each back to its own', async () => {
    const joined = await send({ action: 'set-campaign', campaign: 'spring' });
    expect((await state()).map(({ campaign }) => campaign)).toEqual(['Spring', 'Spring', 'Spring']);
    await undo(joined);
    expect((await state()).map(({ campaign }) => campaign)).toEqual([null, null, null]);
    await send({ action: 'set-campaign', campaign: 'Autumn' }, [links[0]?.id ?? '']);
    const mixed = await send({ action: 'set-campaign', campaign: 'Spring' });
    await undo(mixed);
    expect((await state()).map(({ campaign }) => campaign)).toEqual(['Autumn', null, null]);
    await send({ action: 'set-campaign', campaign: 'Spring' });
    const left = await send({ action: 'set-campaign', campaign: '' });
    expect((await state()).map(({ campaign }) => campaign)).toEqual([null, null, null]);
    await undo(left);
    expect((await state()).map(({ campaign }) => campaign)).toEqual(['Spring', 'Spring', 'Spring']);
  });

  it('are archived: visitors meet 410 at once, and undo opens them', async () => {
    const [first] = links;
    expect((await app.visit(`/${first?.slug}`)).status).toBe(302);
    const answer = await send({ action: 'archive' });
    expect(answer.status).toBe(303);
    const statusOf = async () => (await app.visit(`/${first?.slug}`)).status;
    await expect.poll(statusOf, { interval: 10 }).toBe(410);
    await undo(answer);
    await expect.poll(statusOf, { interval: 10 }).toBe(302);
    expect((await state()).some(({ isArchived }) => isArchived)).toBe(false);
  });

  it('are archived by as many statements as one, and every node hears of each', async () => {
    const many = await Promise.all(Array.from({ length: 40 }, () => create()));
    const listener = await hearAnnouncements(app.databaseUrl);
    const [counted, statements] = countStatements(app.databaseUrl);
    const ids = many.map(({ id }) => id);
    await archiveLinks(counted.db, workspaceId, byTest, ids.slice(0, 1));
    const ofOne = statements.splice(0).length;
    await archiveLinks(counted.db, workspaceId, byTest, ids);
    await counted.close();
    expect(statements).toHaveLength(ofOne);
    const keys = many.map(({ slug }) => slug.toLowerCase());
    const isHeard = (key: string) => listener.heard.some((each) => each.kind === 'slug' && each.slugKey === key);
    await expect.poll(() => keys.filter((key) => !isHeard(key))).toEqual([]);
    await listener.close();
  });

  it.each(['add-tag', 'remove-tag', 'set-campaign', 'archive', 'restore'])(
    'were changed when %s changed them, as after a single edit, and only those',
    async (action) => {
      const [first, second] = links;
      if (!first || !second) throw new Error('There are no links.');
      if (action === 'remove-tag') await addTagTo(app.db, workspaceId, byTest, [second.id], 'Dated');
      else await addTagTo(app.db, workspaceId, byTest, [first.id], 'Dated');
      if (action === 'restore') await archiveLinks(app.db, workspaceId, byTest, [second.id]);
      if (action === 'archive') await archiveLinks(app.db, workspaceId, byTest, [first.id]);
      if (action === 'set-campaign') await send({ action, campaign: 'Spring' }, [first.id]);
      const datesOf = () =>
        Promise.all([first, second].map(async ({ id }) => (await getLink(app.db, workspaceId, id)).updatedAt));
      const before = await datesOf();
      await send({ action, tag: 'Dated', campaign: 'Spring' });
      const after = await datesOf();
      expect(after[0]).toEqual(before[0]);
      expect(after[1]?.getTime()).toBeGreaterThan(before[1]?.getTime() ?? Infinity);
    },
  );

  it('keep the date of those that were archived before', async () => {
    await send({ action: 'archive' }, [links[0]?.id ?? '']);
    const before = (await getLink(app.db, workspaceId, links[0]?.id ?? '')).archivedAt;
    const answer = await send({ action: 'archive' });
    expect((await getLink(app.db, workspaceId, links[0]?.id ?? '')).archivedAt).toEqual(before);
    await undo(answer);
    expect((await state()).map(({ isArchived }) => isArchived)).toEqual([true, false, false]);
  });

  it('are led to one chart', async () => {
    const answer = await send({ action: 'compare' });
    expect(answer.headers.location).toBe(
      `/w/${ada.workspace.slug}/compare?${links.map(({ id }) => `link=${id}`).join('&')}`,
    );
    expect((await ada.ask(answer.headers.location ?? '')).text.match(/class="compare-name/g)).toHaveLength(3);
  });

  it('stay selected when they are more than one chart can tell apart', async () => {
    links = [...links, await create(), await create(), await create()];
    const answer = await send({ action: 'compare' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Compare up to 5 links at once.');
    for (const { id } of links) expect(answer.text).toMatch(new RegExp(`value="${id}"[^>]*checked`));
  });

  it('take what the return key meant', async () => {
    await send({ action: 'enter', tag: 'entered' });
    await send({ action: 'enter', campaign: 'Spring' });
    expect((await state())[0]).toMatchObject({ tags: 'entered', campaign: 'Spring' });
  });

  it.each([
    ['a name that cannot be', { action: 'add-tag', tag: 'a,b' }, 'a,b'],
    ['a tag that is not there', { action: 'remove-tag', tag: 'nowhere' }, 'nowhere'],
    ['a campaign that is not there', { action: 'set-campaign', campaign: 'Sprnig' }, 'Sprnig'],
  ])('come back with what was typed and selected for %s', async (_what, fields, typed) => {
    const answer = await send({ ...fields, back: 'sort=oldest' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('class="field-error"');
    expect(answer.text).toContain(`value="${typed}"`);
    expect(answer.text).toContain('value="sort=oldest"');
    for (const { id } of links) expect(answer.text).toMatch(new RegExp(`value="${id}"[^>]*checked`));
    expect((await state()).every(({ tags, campaign }) => tags === '' && campaign === null)).toBe(true);
  });

  it('join a campaign that there is not yet by a button of its own', async () => {
    const refused = await send({ action: 'set-campaign', campaign: 'Winter' });
    expect(refused.text).toContain('There is no such campaign yet.');
    expect(refused.text).toMatch(/id="bulk-campaign"[^>]*data-open/);
    expect(refused.text).toContain('value="make-campaign"');
    expect((await send({ action: 'make-campaign', campaign: 'Winter' })).status).toBe(303);
    expect((await state()).map(({ campaign }) => campaign)).toEqual(['Winter', 'Winter', 'Winter']);
    expect((await send({ action: 'make-campaign', campaign: '' })).status).toBe(422);
  });

  it('are refused when none is selected, when they are too many, and when one has twenty tags', async () => {
    expect((await send({ action: 'archive' }, [])).text).toContain('Select the links that you want to change.');
    const many = Array.from({ length: 501 }, (_, index) => `id${index}`);
    expect((await send({ action: 'archive' }, many)).text).toContain('Change at most 500 links at a time.');
    expect(
      (
        await send(
          { action: 'archive' },
          many.map((id) => id.padEnd(12, 'x')),
        )
      ).text,
    ).toContain('at most 500');
    expect(bulkForm.parse({ links: 'a '.repeat(400_000) }).links.length).toBeLessThan(20_000);
    expect(bulkForm.parse({ links: Array.from({ length: 50_000 }, () => 'a b') }).links.length).toBeLessThan(20_000);
    const full = await create(
      workspaceId,
      Array.from({ length: 20 }, (_, index) => `full ${index}`),
    );
    const answer = await send({ action: 'add-tag', tag: 'the 21st' }, [full.id, links[0]?.id ?? '']);
    expect([answer.status, (await state())[0]?.tags]).toEqual([422, '']);
  });

  it('are one’s own only, and not a viewer’s', async () => {
    const [viewer, stranger] = [await app.signUp('Vera'), await app.signUp('Sam')];
    await joinWorkspace(app, viewer, ada, 'viewer');
    expect((await viewer.ask(path(), form({ action: 'archive' }))).status).toBe(403);
    expect((await stranger.ask(path(), form({ action: 'archive' }))).status).toBe(404);
    for (const fields of [{ action: 'archive' }, { action: 'add-tag', tag: 'mine' }, { action: 'set-campaign' }])
      expect((await stranger.ask(path(stranger), form(fields))).status).toBe(303);
    expect(await state()).toEqual(links.map(() => ({ tags: '', campaign: null, isArchived: false })));
    expect((await viewer.ask(`/w/${ada.workspace.slug}/links`)).text).not.toContain('id="bulk"');
    const other = await create(await insertBareWorkspace(app.db));
    expect((await send({ action: 'archive' }, [other.id])).status).toBe(303);
    expect((await getLink(app.db, other.workspaceId, other.id)).archivedAt).toBeNull();
  });
});

describe('campaigns of several links', () => {
  it('are what the change before left, also when many set them at the same time', async () => {
    const since = await lastEvent(app.db);
    const { rows } = await app.db.execute<{ id: string }>(
      sql`select id from campaigns where workspace_id = ${workspaceId} order by name`,
    );
    const ids = links.map(({ id }) => id);
    const choices = [rows[0]?.id ?? '', rows[1]?.id ?? '', null];
    await Promise.all(
      Array.from({ length: 24 }, (_, n) => setCampaignOf(app.db, workspaceId, byTest, ids, choices[n % 3] ?? null)),
    );
    const kept = await eventsAfter(app.db, since);
    for (const id of ids) {
      const chain = kept.filter(({ targetId }) => targetId === id);
      expect(chain.length).toBeGreaterThan(1);
      expect(chain.map(({ before }) => before)).toEqual([
        { campaign: null },
        ...chain.map(({ after }) => after).slice(0, -1),
      ]);
    }
  });
});
