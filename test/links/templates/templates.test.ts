import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTemplates, maxTemplates } from '../../../src/links/templates/templates.ts';
import { findTag, mergeTags } from '../../../src/links/links/tags.ts';
import { getLink } from '../../../src/links/links/queries.ts';
import { removeCampaign } from '../../../src/links/links/campaigns.ts';
import { byTest } from '../../setup/actor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { fieldsOf } from '../../setup/form.ts';
import { makeCampaign, makeTemplate } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let bob: Person;
let workspaceId: string;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  [ada, bob] = [await app.signUp('Ada'), await app.signUp('Bob')];
  workspaceId = ada.workspace.id;
  home = `/w/${ada.workspace.slug}`;
  await app.db.execute(
    sql`insert into domains (id, host, workspace_id) values ('adas', 'go.ada.example', ${workspaceId})`,
  );
});
afterAll(() => app.close());

const named = async (name: string) => (await listTemplates(app.db, workspaceId)).find((each) => each.name === name);
const shownBy = (query: Record<string, string>): Promise<Answer> =>
  ada.ask(`${home}/links/new?${new URLSearchParams(query)}`, { headers: { 'hx-request': 'true' } });
const filledBy = async (query: Record<string, string>) => fieldsOf(await shownBy(query), `${home}/links`);

describe('a link template', () => {
  it('is made once of a form sent twice, changed and deleted, each with its event', async () => {
    await makeCampaign(app, ada, 'Spring');
    const form = {
      name: ' Newsletter ',
      domain: 'go.ada.example',
      campaign: 'spring',
      tags: 'mail, new one',
      once: 'token',
    };
    const before = await lastEvent(app.db);
    const answers = await Promise.all([ada.ask(`${home}/templates`, { form }), ada.ask(`${home}/templates`, { form })]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    const template = await named('Newsletter');
    expect(template).toMatchObject({ domain: { host: 'go.ada.example' }, campaign: { name: 'Spring' } });
    const page = `${home}/templates/${template?.id}`;
    const fields = fieldsOf(await ada.ask(page), page);
    expect((await ada.ask(page, { form: { ...fields, tags: 'mail', domain: '' } })).status).toBe(303);
    expect(await named('Newsletter')).toMatchObject({
      domain: null,
      campaign: { name: 'Spring' },
      tags: [{ name: 'mail' }],
    });
    expect((await ada.ask(`${page}/delete`, { form: {} })).status).toBe(303);
    expect(await listTemplates(app.db, workspaceId)).toEqual([]);
    const events = (await eventsAfter(app.db, before)).filter(({ what }) => what.startsWith('template'));
    expect(events.map(({ what, before: was, after: is }) => [what, was, is])).toEqual([
      ['template.created', null, expect.objectContaining({ name: 'Newsletter', tags: ['mail', 'new one'] })],
      ['template.changed', expect.objectContaining({ tags: ['mail', 'new one'] }), { domain: null, tags: ['mail'] }],
      ['template.deleted', expect.objectContaining({ name: 'Newsletter', tags: ['mail'] }), null],
    ]);
  });

  it('is refused with all that cannot be, and keeps what was typed', async () => {
    await makeTemplate(app, ada, 'Twice');
    const form = { name: '', domain: 'go.bob.example', campaign: 'None', tags: 'x'.repeat(60) };
    const answer = await ada.ask(`${home}/templates`, { form });
    expect([answer.status, answer.text.split('class="field-error"').length - 1]).toEqual([422, 4]);
    expect(fieldsOf(answer, `${home}/templates`)).toMatchObject(form);
    expect((await ada.ask(`${home}/templates`, { form: { name: 'twice' } })).status).toBe(409);
  });

  it('shows both versions where two people change it', async () => {
    const { id } = await makeTemplate(app, ada, 'Shared');
    const page = `${home}/templates/${id}`;
    const fields = fieldsOf(await ada.ask(page), page);
    expect((await ada.ask(page, { form: { ...fields, tags: 'first' } })).status).toBe(303);
    const answer = await ada.ask(page, { form: { ...fields, tags: 'second' } });
    expect([answer.status, answer.text.includes('Somebody else saved this')]).toEqual([409, true]);
  });

  it('is saved by more people at once than there are connections', async () => {
    await makeTemplate(app, ada, 'Crowded');
    const page = `${home}/templates/${(await named('Crowded'))?.id}`;
    const save = (tags: string) => ada.ask(page, { form: { name: 'Crowded', domain: '', campaign: '', tags } });
    const saved = await Promise.all(Array.from({ length: 30 }, (_, n) => save(`tag ${n % 3}`)));
    expect(saved.map(({ status }) => status)).toEqual(saved.map(() => 303));
  });

  it('follows its tags and its campaign when these are merged or deleted', async () => {
    const campaign = await makeCampaign(app, ada, 'Short');
    await makeTemplate(app, ada, 'Follows', { tags: ['old', 'kept'], campaignId: campaign.id });
    const [old, kept] = await Promise.all(['old', 'kept'].map((tag) => findTag(app.db, workspaceId, tag)));
    await mergeTags(app.db, workspaceId, byTest, old?.id ?? '', kept?.id ?? '');
    await removeCampaign(app.db, workspaceId, byTest, campaign.id);
    expect(await named('Follows')).toMatchObject({ campaign: null, tags: [{ name: 'kept' }] });
  });

  it('is one of a hundred at most', async () => {
    await app.db.execute(sql`
insert into link_templates (id, workspace_id, name, name_key)
select 'many' || n, ${bob.workspace.id}, 'T' || n, 't' || n from generate_series(1, ${maxTemplates}::int) n`);
    await expect(makeTemplate(app, bob, 'More')).rejects.toMatchObject({ code: 'templates_limit' });
  });

  it('carries an A/B test, which a new link takes and may change', async () => {
    const send = (path: string, fields: [string, string][]) =>
      ada.ask(`${home}/${path}`, {
        method: 'POST',
        body: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    const b = 'https://b.example/';
    const versions = [
      { url: null, weight: 70 },
      { url: b, weight: 30 },
    ];
    const rows: [string, string][] = [
      ['split', b],
      ['split', '30'],
      ['split', ''],
      ['split', ''],
    ];
    const last = await lastEvent(app.db);
    expect((await send('templates', [['name', 'Tested'], ...rows])).status).toBe(303);
    const template = await named('Tested');
    expect(template?.split?.versions).toEqual(versions);
    expect((await ada.ask(`${home}/templates`)).text).toContain('A/B test of 2 addresses');
    expect((await ada.ask(`${home}/history`)).text).toContain('70 % own address, 30 % b.example/');
    expect(await eventsAfter(app.db, last)).toMatchObject([
      { what: 'template.created', after: { split: { versions } } },
    ]);
    const form = await shownBy({ template: template?.id ?? '', url: 'https://a.example/' });
    expect(form.text).toContain(`value="${b}"`);
    expect(form.text).toContain('value="30"');
    const made = await send('links', [['url', 'https://a.example/'], ['filledBy', template?.id ?? ''], ...rows]);
    const id = (made.headers.location ?? '').split('/').at(-1) ?? '';
    expect((await getLink(app.db, workspaceId, id)).split?.versions).toEqual(versions);
    // A name alone is saved: the test is not read anew, nor lost where a form of before does not send it.
    await send(`templates/${template?.id}`, [['name', 'Tested again']]);
    expect((await named('Tested again'))?.split?.versions).toEqual(versions);
    await send(`templates/${template?.id}`, [
      ['split', ''],
      ['split', ''],
    ]);
    expect((await named('Tested again'))?.split).toBeNull();
  });

  it('shows a test that cannot be as it was typed', async () => {
    const page = await ada.ask(`${home}/templates`, { form: { name: 'Loop', split: 'https://b.example/ 130' } });
    expect(page.status).toBe(422);
    expect(page.text).toContain('value="130"');
    expect(page.text).toContain('The shares are 130 % together.');
  });

  it('is looked at by viewers, changed by members, and not there for strangers', async () => {
    const viewer = await app.signUp('Vic');
    await joinWorkspace(app, viewer, ada, 'viewer');
    const { id } = await makeTemplate(app, ada, 'Guarded');
    expect((await viewer.ask(`${home}/templates`)).text).toContain('Guarded');
    for (const path of ['', `/${id}`, `/${id}/delete`]) {
      expect((await viewer.ask(`${home}/templates${path}`, { form: { name: 'x' } })).status, path).toBe(403);
      expect((await bob.ask(`${home}/templates${path}`, { form: { name: 'x' } })).status, path).toBe(404);
      if (path)
        expect((await bob.ask(`/w/${bob.workspace.slug}/templates${path}`, { form: { name: 'x' } })).status).toBe(404);
    }
    expect(await named('Guarded')).toBeDefined();
  });
});

describe('the form of a new link', () => {
  it('is filled by a template, and keeps what was typed of the rest', async () => {
    const campaign = await makeCampaign(app, ada, 'Summer');
    const mail = await makeTemplate(app, ada, 'Mail', { tags: ['mail'], campaignId: campaign.id, domainId: 'adas' });
    const print = await makeTemplate(app, ada, 'Print', { tags: ['print', 'paper'] });
    const filled = await filledBy({ template: mail.id, url: 'example.com', slug: 'typed', title: 'T', tags: 'mine' });
    const kept = { url: 'example.com', slug: 'typed', title: 'T' };
    expect(filled).toMatchObject({
      ...kept,
      domain: 'go.ada.example',
      tags: 'mail',
      campaign: 'Summer',
      filledBy: mail.id,
    });
    const other = await filledBy({ ...filled, template: print.id });
    expect(other).toMatchObject({
      ...kept,
      domain: app.shortHost,
      tags: 'paper, print',
      campaign: '',
      filledBy: print.id,
    });
    expect(await filledBy({ ...filled, campaign: 'Own', template: print.id })).toMatchObject({ campaign: 'Own' });
    expect(await filledBy({ template: 'none', tags: 'mine' })).toMatchObject({ tags: 'mine' });
    expect((await ada.ask(`${home}/links/new?template=${mail.id}`)).text).toContain('value="Summer"');
    expect((await ada.ask(`${home}/campaigns`)).text).toContain(`name="template" value="${mail.id}"`);
  });

  it('is not filled by a template of others, nor by a domain that makes no links any more', async () => {
    const theirs = (await listTemplates(app.db, bob.workspace.id))[0];
    expect((await filledBy({ template: theirs?.id ?? '' }))['filledBy']).toBeUndefined();
    const { id } = await makeTemplate(app, ada, 'Gone', { domainId: 'adas' });
    await app.db.execute(sql`update domains set state = 'removed' where id = 'adas'`);
    expect((await filledBy({ template: id }))['filledBy']).toBe(id);
    expect((await shownBy({ template: id })).text).not.toContain('go.ada.example');
  });
});
