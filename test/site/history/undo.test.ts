import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addTagTo } from '../../../src/links/links/bulk.ts';
import { getCampaign, removeCampaign } from '../../../src/links/links/campaigns.ts';
import { getLink, type Link, removeLink } from '../../../src/links/links/queries.ts';
import { ensureTags, findTag, getTag, updateTag } from '../../../src/links/links/tags.ts';
import { record } from '../../../src/ground/events/record.ts';
import { byTest } from '../../setup/actor.ts';
import type { Answer, Ask, Person, TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { fieldsOf } from '../../setup/form.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { makeCampaign, makeLink } from '../../setup/make.ts';
import { messageAfter, pressUndo } from '../../setup/undo.ts';

let app: TestApp;
let ada: Person;
let grace: Person;
let workspaceId: string;
let home: string;
let link: Link;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  grace = { ...(await app.signUp('Grace')), workspace: ada.workspace };
  await joinWorkspace(app, grace, ada, 'member');
  home = `/w/${ada.workspace.slug}`;
});
afterAll(() => app.close());

beforeEach(async () => {
  link = await makeLink(app, workspaceId, { url: 'https://example.com/old', title: 'Old', tags: ['kept'] });
});

const read = (id = link.id) => getLink(app.db, workspaceId, id);
const edit = (fields: Record<string, string>, person = ada, id = link.id) =>
  person.ask(`${home}/links/${id}/edit`, { form: fields });
const tagsOf = ({ tags }: Link) => tags.map(({ name }) => name).join();
const nameOf = ({ domain, slug }: Link) => `${domain}/${slug}`;

/** The form of several links as a browser sends it, one `links` for each box. */
function several(ids: readonly string[], fields: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams([...ids.map((id) => ['links', id] as [string, string]), ...Object.entries(fields)]);
  const ask: Ask = { body: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  return ada.ask(`${home}/links/bulk`, ask);
}

/** The newest event of a thing. */
async function newest(targetId: string): Promise<number> {
  const { rows } = await app.db.execute<{ id: string }>(
    sql`select max(id) as id from events where target_id = ${targetId}`,
  );
  return Number(rows[0]?.id);
}
const undoOf = async (targetId: string, form: Record<string, string> = {}, person = ada) =>
  person.ask(`${home}/history/${await newest(targetId)}/undo`, { form });

describe('the Undo of a message', () => {
  it('takes back all fields that an edit changed, and leads back to the page that it stood on', async () => {
    const saved = await edit({ url: 'https://example.com/new', title: 'New', tags: 'kept, added' });
    const since = await lastEvent(app.db);
    const undone = await pressUndo(ada, saved);
    expect([undone?.status, undone?.headers.location]).toEqual([303, `${home}/links/${link.id}`]);
    const now = await read();
    expect(now).toMatchObject({ url: 'https://example.com/old', title: 'Old' });
    expect(tagsOf(now)).toBe('kept');
    const [event, ...others] = await eventsAfter(app.db, since);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      what: 'link.changed',
      via: 'undo',
      name: 'Ada',
      after: { url: 'https://example.com/old' },
    });
    if (undone) expect((await messageAfter(ada, undone)).text).toBe(`Undone. ${nameOf(link)} is as it was before.`);
  });

  it('can be undone as well, and pressed twice it says that it is done', async () => {
    const saved = await edit({ url: 'https://example.com/new' });
    const undone = await pressUndo(ada, saved);
    const since = await lastEvent(app.db);
    const again = await pressUndo(ada, saved);
    expect(again && (await messageAfter(ada, again)).text).toBe('It is undone already.');
    expect(again && (await messageAfter(ada, again)).undo).toBeUndefined();
    expect(await eventsAfter(app.db, since)).toEqual([]);
    if (undone) await pressUndo(ada, undone);
    expect((await read()).url).toBe('https://example.com/new');
  });

  it('leaves no Undo in the History for what is undone, until that is undone as well', async () => {
    const saved = await edit({ url: 'https://example.com/new', title: '' });
    const change = `${home}/history/${await newest(link.id)}/undo`;
    const isOffered = async () =>
      Promise.all(
        [`${home}/history`, `${home}/links/${link.id}/history`].map(async (path) =>
          (await ada.ask(path)).text.includes(`action="${change}"`),
        ),
      );
    expect(await isOffered()).toEqual([true, true]);
    const undone = await pressUndo(ada, saved);
    expect(await isOffered()).toEqual([false, false]);
    if (undone) await pressUndo(ada, undone);
    expect(await isOffered()).toEqual([true, true]);
  });

  it('makes one event when it is pressed twice at once', async () => {
    const saved = await edit({ url: 'https://example.com/new', title: 'New' });
    const { undo = {} } = await messageAfter(ada, saved);
    const since = await lastEvent(app.db);
    const answers = await Promise.all([1, 2, 3].map(() => ada.ask(`${home}/history/undo`, { form: undo })));
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect((await eventsAfter(app.db, since)).map(({ what }) => what)).toEqual(['link.changed']);
  });

  it('is not offered where nothing was changed', async () => {
    const { undo } = await messageAfter(ada, await edit({ title: 'Old' }));
    expect(undo).toBeUndefined();
  });

  it('opens an archived link at once, and archives one that was restored', async () => {
    const statusOf = async () => (await app.visit(`/${link.slug}`)).status;
    const archived = await ada.ask(`${home}/links/${link.id}/archive`, { form: {} });
    await expect.poll(statusOf, { interval: 10 }).toBe(410);
    const opened = await pressUndo(ada, archived);
    await expect.poll(statusOf, { interval: 10 }).toBe(302);
    expect(opened && (await messageAfter(ada, opened)).text).toBe(`Undone. ${nameOf(link)} works again.`);
    if (opened) await pressUndo(ada, opened);
    await expect.poll(statusOf, { interval: 10 }).toBe(410);
  });

  it('is for the person who changed it, within an hour, in their workspace', async () => {
    const saved = await edit({ url: 'https://example.com/new' });
    const { undo = {} } = await messageAfter(ada, saved);
    expect((await messageAfter(grace, await grace.ask(`${home}/history/undo`, { form: undo }))).text).toBe(
      'There is nothing to undo.',
    );
    const other = await app.signUp('Other');
    const elsewhere = await other.ask(`/w/${other.workspace.slug}/history/undo`, { form: { ...undo, back: '' } });
    expect((await messageAfter(other, elsewhere)).text).toBe('There is nothing to undo.');
    expect((await other.ask(`${home}/history/undo`, { form: undo })).status).toBe(404);
    await app.db.execute(sql`update events set at = at - interval '61 minutes' where target_id = ${link.id}`);
    const late = await ada.ask(`${home}/history/undo`, { form: undo });
    expect(late.headers.location).toBe(`${home}/history/requests/${undo['request']}`);
    expect((await messageAfter(ada, late)).text).toContain('more than an hour ago');
    expect((await read()).url).toBe('https://example.com/new');
  });

  it('leads to no other page than one of the workspace', async () => {
    const saved = await edit({ url: 'https://example.com/new' });
    const { undo = {} } = await messageAfter(ada, saved);
    const [up, upAgain] = [`${home}/../..//evil.example`, `${home}/..\\..\\..\\/evil.example`];
    for (const back of ['https://evil.example/', '//evil.example/', up, upAgain, '/w/other/links', ''])
      expect((await ada.ask(`${home}/history/undo`, { form: { ...undo, back } })).headers.location).toBe(
        `${home}/history`,
      );
  });
});

describe('what somebody else changed since', () => {
  it('stays: the page says who did it, shows both, and undoes it nevertheless', async () => {
    const saved = await edit({ url: 'https://example.com/ada', title: 'Ada’s' });
    await edit({ url: 'https://example.com/grace' }, grace);
    const refused = await pressUndo(ada, saved);
    expect(refused?.status).toBe(409);
    expect(refused?.text).toMatch(
      /Grace changed the destination since, on \d+ \w+ \d{4}, \d\d:\d\d\. Nothing is undone yet\./,
    );
    expect(refused?.text).toContain('https://example.com/grace');
    expect(await read()).toMatchObject({ url: 'https://example.com/grace', title: 'Ada’s' });
    if (!refused) return;
    const form = fieldsOf(refused, '/undo');
    // A third change meanwhile is a new question.
    await edit({ url: 'https://example.com/third' }, grace);
    const eventId = /history\/(\d+)\/undo"/.exec(refused.text)?.[1] ?? '';
    const again = await ada.ask(`${home}/history/${eventId}/undo`, { form });
    expect([again.status, (await read()).url]).toEqual([409, 'https://example.com/third']);
    const done = await ada.ask(`${home}/history/${eventId}/undo`, { form: fieldsOf(again, '/undo') });
    expect([done.status, done.headers.location]).toEqual([303, `${home}/links/${link.id}`]);
    expect(await read()).toMatchObject({ url: 'https://example.com/old', title: 'Old' });
  });

  it('is no hindrance in other fields, nor in other tags', async () => {
    const saved = await edit({ url: 'https://example.com/new', tags: 'kept, mine' });
    await edit({ title: 'Grace’s', tags: 'kept, mine, theirs' }, grace);
    expect((await pressUndo(ada, saved))?.status).toBe(303);
    const now = await read();
    expect(now).toMatchObject({ url: 'https://example.com/old', title: 'Grace’s' });
    expect(tagsOf(now)).toBe('kept,theirs');
  });

  it('is no hindrance where it is the same', async () => {
    const saved = await edit({ url: 'https://example.com/new' });
    await edit({ url: 'https://example.com/old' }, grace);
    const undone = await pressUndo(ada, saved);
    expect(undone && (await messageAfter(ada, undone)).text).toBe('It is undone already.');
  });

  it('bars a tag that is gone, a campaign that is gone, and a link that is deleted for good', async () => {
    const tagged = await edit({ tags: 'kept, passing' });
    const tag = await findTag(app.db, workspaceId, 'passing');
    await updateTag(app.db, workspaceId, byTest, tag?.id ?? '', (now) => ({ ...now, name: `renamed ${link.id}` }));
    const ofTag = await pressUndo(ada, tagged);
    expect([ofTag?.status, ofTag?.text]).toEqual([409, expect.stringContaining('There is no tag “passing” any more')]);

    const campaign = await makeCampaign(app, workspaceId, `Gone ${link.id}`);
    await edit({ campaign: campaign.name });
    const left = await edit({ campaign: '' });
    await removeCampaign(app.db, workspaceId, byTest, campaign.id);
    const ofCampaign = await pressUndo(ada, left);
    expect([ofCampaign?.status, ofCampaign?.text]).toEqual([
      409,
      expect.stringContaining(`The campaign “${campaign.name}” is deleted.`),
    ]);

    const saved = await edit({ url: 'https://example.com/new' });
    const { undo = {} } = await messageAfter(ada, saved);
    await removeLink(app.db, workspaceId, byTest, link.id);
    const ofLink = await ada.ask(`${home}/history/undo`, { form: undo });
    expect([ofLink.status, ofLink.text]).toEqual([409, expect.stringContaining('is deleted, which is for good')]);
  });

  it('may be a new name of the campaign, which is told by its id', async () => {
    const campaign = await makeCampaign(app, workspaceId, `First ${link.id}`);
    await edit({ campaign: campaign.name });
    const left = await edit({ campaign: '' });
    await ada.ask(`${home}/campaigns/${campaign.id}/edit`, { form: { name: `Second ${link.id}` } });
    expect((await pressUndo(ada, left))?.status).toBe(303);
    expect((await read()).campaign).toEqual({ id: campaign.id, name: `Second ${link.id}` });
  });
});

describe('changes of several links', () => {
  it('of 300 are undone by one press, also when they came from different campaigns, and again', async () => {
    const ids: string[] = [];
    while (ids.length < 300)
      ids.push(...(await Promise.all(Array.from({ length: 10 }, async () => (await makeLink(app, workspaceId)).id))));
    const [spring, autumn] = [
      await makeCampaign(app, workspaceId, 'Spring'),
      await makeCampaign(app, workspaceId, 'Autumn'),
    ];
    await several(ids.slice(0, 100), { action: 'set-campaign', campaign: 'Autumn' });
    const moved = await several(ids, { action: 'set-campaign', campaign: 'Spring' });
    const countIn = async (id: string) => (await getCampaign(app.db, workspaceId, id)).links;
    expect(await countIn(spring.id)).toBe(300);
    const since = await lastEvent(app.db);
    const undone = await pressUndo(ada, moved);
    expect([await countIn(spring.id), await countIn(autumn.id)]).toEqual([0, 100]);
    expect(undone && (await messageAfter(ada, undone)).text).toBe('Undone. 300 links are as they were before.');
    expect((await eventsAfter(app.db, since)).every(({ via }) => via === 'undo')).toBe(true);
    if (undone) await pressUndo(ada, undone);
    expect([await countIn(spring.id), await countIn(autumn.id)]).toEqual([300, 0]);

    const archived = await several(ids, { action: 'archive' });
    const countArchived = async () => {
      const { rows } = await app.db.execute<{ archived: number }>(sql`
select count(archived_at)::int as archived from links where id = any(${sql.param(ids)}::text[])`);
      return rows[0]?.archived;
    };
    expect(await countArchived()).toBe(300);
    await pressUndo(ada, archived);
    expect(await countArchived()).toBe(0);
  });

  it('get a tag and lose it, but for those that had it', async () => {
    const others = [link, await makeLink(app, workspaceId), await makeLink(app, workspaceId)];
    const ids = others.map(({ id }) => id);
    const stateOf = async () => (await Promise.all(ids.map((id) => read(id)))).map(tagsOf);
    await addTagTo(app.db, workspaceId, byTest, ids.slice(0, 1), 'mail');
    const added = await several(ids, { action: 'add-tag', tag: 'Mail' });
    expect(await stateOf()).toEqual(['kept,mail', 'mail', 'mail']);
    const undone = await pressUndo(ada, added);
    expect(await stateOf()).toEqual(['kept,mail', '', '']);
    if (undone) await pressUndo(ada, undone);
    expect(await stateOf()).toEqual(['kept,mail', 'mail', 'mail']);
    const removed = await several(ids, { action: 'remove-tag', tag: 'mail' });
    await pressUndo(ada, removed);
    expect(await stateOf()).toEqual(['kept,mail', 'mail', 'mail']);
  });

  it('are undone as far as they can be, and the message says how many could not be and why', async () => {
    const campaign = await makeCampaign(app, workspaceId, `Part ${link.id}`);
    const others = [link, await makeLink(app, workspaceId), await makeLink(app, workspaceId)];
    const ids = others.map(({ id }) => id);
    const moved = await several(ids, { action: 'set-campaign', campaign: campaign.name });
    const theirs = await makeCampaign(app, workspaceId, `Theirs ${link.id}`);
    await edit({ campaign: theirs.name }, grace, ids[1]);
    await removeLink(app.db, workspaceId, byTest, ids[2] ?? '');
    const undone = await pressUndo(ada, moved);
    const { text } = undone ? await messageAfter(ada, undone) : { text: '' };
    expect(text).toMatch(/^Undone\. 1 link is as it was before\. 2 could not be undone: /);
    expect(text).toContain('Grace changed the campaign since, on');
    expect(text).toContain('is deleted, which is for good');
    expect((await read()).campaign).toBeNull();
    expect((await read(ids[1])).campaign?.name).toBe(theirs.name);
  });

  it('which all were changed since stay, and the page of the changes says why', async () => {
    const ids = [link.id, (await makeLink(app, workspaceId)).id];
    const [mine, theirs] = [
      await makeCampaign(app, workspaceId, `A ${link.id}`),
      await makeCampaign(app, workspaceId, `B ${link.id}`),
    ];
    const moved = await several(ids, { action: 'set-campaign', campaign: mine.name });
    for (const id of ids) await edit({ campaign: theirs.name }, grace, id);
    const refused = await pressUndo(ada, moved);
    expect(refused?.status).toBe(409);
    expect(refused?.text).toContain('Nothing is undone.');
    expect(refused?.text).toContain('Grace changed the campaign since');
  });
});

describe('other things', () => {
  it('tags: their name and colour come back, unless another one has the name by now', async () => {
    const [tagId = ''] = await ensureTags(app.db, workspaceId, byTest, [`tag ${link.id}`]);
    const before = await getTag(app.db, workspaceId, tagId);
    const colour = before.colour === 'red' ? 'blue' : 'red';
    const saved = await ada.ask(`${home}/tags/${tagId}`, { form: { name: `other ${link.id}`, colour } });
    expect((await pressUndo(ada, saved))?.status).toBe(303);
    expect(await getTag(app.db, workspaceId, tagId)).toEqual(before);
    await ada.ask(`${home}/tags/${tagId}`, { form: { name: `third ${link.id}`, colour: before.colour } });
    await ensureTags(app.db, workspaceId, byTest, [before.name]);
    const refused = await undoOf(tagId);
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('There is a tag')]);
  });

  it('campaigns: days and goal come back, and rules hold for the whole', async () => {
    const plan = { startsOn: '2026-03-01', endsOn: '2026-04-30', goal: 100 };
    const { id, name } = await makeCampaign(app, workspaceId, `Plan ${link.id}`, plan);
    const page = `${home}/campaigns/${id}/edit`;
    const saved = await ada.ask(page, { form: { name, startsOn: '2026-05-01', endsOn: '2026-06-30', goal: '200' } });
    await pressUndo(ada, saved);
    expect(await getCampaign(app.db, workspaceId, id)).toMatchObject(plan);
    const goal = '100';
    await ada.ask(page, { form: { name, startsOn: '2026-02-01', endsOn: '2026-04-30', goal } });
    const moved = await newest(id);
    await ada.ask(page, { form: { name, startsOn: '2026-02-01', endsOn: '2026-02-15', goal } });
    const refused = await ada.ask(`${home}/history/${moved}/undo`, { form: {} });
    expect([refused.status, refused.text]).toEqual([
      409,
      expect.stringContaining('The campaign ends before it starts.'),
    ]);
  });

  it('link templates: campaign and tags come back, but not over what others changed since', async () => {
    const campaign = await makeCampaign(app, workspaceId, `Of templates ${link.id}`);
    const before = { name: `Mail ${link.id}`, domain: '', campaign: campaign.name, tags: 'kept' };
    await ada.ask(`${home}/templates`, { form: before });
    const { rows } = await app.db.execute<{ id: string }>(
      sql`select id from link_templates where name = ${before.name}`,
    );
    const page = `${home}/templates/${rows[0]?.id}`;
    const shown = async () => {
      const { name, domain, campaign: of, tags } = fieldsOf(await ada.ask(page), page);
      return { name, domain, campaign: of, tags };
    };
    const saved = await ada.ask(page, { form: { ...before, campaign: '', tags: 'kept, more' } });
    expect((await pressUndo(ada, saved))?.status).toBe(303);
    expect(await shown()).toEqual(before);
    const again = await ada.ask(page, { form: { ...before, name: `Ada ${link.id}` } });
    await grace.ask(page, { form: { ...before, name: `Grace ${link.id}` } });
    expect((await pressUndo(ada, again))?.status).toBe(409);
    expect((await shown()).name).toBe(`Grace ${link.id}`);
  });

  it('notes and views come back under their own ids, once, and go again', async () => {
    const address = `${home}/reports?period=7d`;
    await ada.ask(`${home}/views`, { form: { name: 'Seven days', address } });
    const viewOf = async () =>
      (await app.db.execute<{ id: string }>(sql`select id from saved_views where workspace_id = ${workspaceId}`)).rows;
    const before = await viewOf();
    const deleted = await ada.ask(`${home}/views/${before[0]?.id}/delete`, { form: {} });
    const { undo = {}, text } = await messageAfter(ada, deleted);
    expect([text, await viewOf()]).toEqual(['The view “Seven days” is deleted.', []]);
    const since = await lastEvent(app.db);
    const answers = await Promise.all([1, 2].map(() => ada.ask(`${home}/history/undo`, { form: undo })));
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(await viewOf()).toEqual(before);
    expect((await eventsAfter(app.db, since)).map(({ what }) => what)).toEqual(['view.restored']);
    await undoOf(before[0]?.id ?? '');
    expect(await viewOf()).toEqual([]);
  });

  it('that cannot be undone are refused, and viewers undo nothing', async () => {
    expect((await undoOf(link.id)).status).toBe(409);
    // An import gave it another slug.
    const target = { id: link.id, name: nameOf(link) };
    await app.db.transaction((tx) =>
      record(tx, byTest, workspaceId, { what: 'link.changed', target, after: { alias: 'go.example.com/other' } }),
    );
    expect((await undoOf(link.id)).status).toBe(409);
    const { text } = await ada.ask(`${home}/links/${link.id}/history`);
    expect(text).toContain('go.example.com/other');
    expect(text).not.toContain('>Undo</button>');
    expect((await ada.ask(`${home}/history/999999999/undo`, { form: {} })).status).toBe(404);
    const viewer = await app.signUp('Vera');
    await joinWorkspace(app, viewer, ada, 'viewer');
    await edit({ url: 'https://example.com/new' });
    expect((await undoOf(link.id, {}, viewer)).status).toBe(403);
    expect((await undoOf(link.id, {}, grace)).status).toBe(303);
    expect((await read()).url).toBe('https://example.com/old');
  });
});
