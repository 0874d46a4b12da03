import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveLink, getLink, type Link } from '../../../src/links/links/queries.ts';
import { listCampaigns } from '../../../src/links/links/campaigns.ts';
import { byTest } from '../../setup/actor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { fieldsOf } from '../../setup/form.ts';
import { makeCampaign, makeLink } from '../../setup/make.ts';
import { joinWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  workspaceId = ada.workspace.id;
  home = `/w/${ada.workspace.slug}/links`;
});
afterAll(() => app.close());

const viaDialog = { 'hx-request': 'true' };
const create = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
  ada.ask(home, { form, headers });
const errorsIn = ({ text }: Answer) =>
  [...text.matchAll(/class="field-error" id="(?:new|edit)-(\w+)-error">.*?<\/svg>([^<]+)</g)].map(([, name, words]) => [
    name,
    words,
  ]);
const campaignNames = async () => (await listCampaigns(app.db, workspaceId)).map(({ name }) => name);

async function created(answer: Answer): Promise<Link> {
  expect(answer.status).toBe(303);
  return getLink(app.db, workspaceId, answer.headers.location?.split('/').at(-1) ?? '');
}

describe('a form with several faults', () => {
  it('says all of them at once, keeps what was typed, and has the cursor in the first', async () => {
    await makeLink(app, ada, { slug: 'taken-first' });
    const form = {
      url: 'two words',
      slug: 'Taken-First',
      title: 'x'.repeat(201),
      campaign: 'None',
      tags: 'y'.repeat(51),
    };
    const answer = await create(form);
    expect(answer.status).toBe(422);
    expect(errorsIn(answer).map(([name]) => name)).toEqual(['url', 'tags', 'campaign', 'title']);
    expect(answer.text).toContain('&quot;Taken-First&quot; is taken by a link of this workspace. ');
    expect(fieldsOf(answer, home)).toMatchObject(form);
    expect(/<input[^>]*id="new-\w+"[^>]*\sautofocus/.exec(answer.text)?.[0]).toContain('id="new-url"');
    const taken = await create({ url: 'https://example.com/', slug: 'taken-first' });
    expect(/<input[^>]*id="new-\w+"[^>]*\sautofocus/.exec(taken.text)?.[0]).toContain('id="new-slug"');
  });
});

describe('a slug with spaces', () => {
  it('is offered with hyphens, the next free one, which one button takes without scripts', async () => {
    await makeLink(app, ada, { slug: 'summer-sale' });
    const refused = await create({ url: 'https://example.com/summer', slug: ' Summer /  Sale ' });
    expect(refused.text).toMatch(/A slug has no spaces\.\s*<button/);
    const [, otherSlug = ''] = /type="submit" name="otherSlug" value="([^"]+)"/.exec(refused.text) ?? [];
    expect((await created(await create({ ...fieldsOf(refused, home), otherSlug }))).slug).toBe('Summer-Sale-2');
  });
});

describe('a campaign that there is not', () => {
  const form = { url: 'https://example.com/autumn', campaign: ' Autumn  2026 ' };

  it('is refused with the offer to make it, and made with the link once that is chosen', async () => {
    const refused = await create(form);
    expect(errorsIn(refused)).toEqual([
      ['campaign', 'There is no campaign “Autumn  2026” yet. Choose below to create it with the link.'],
    ]);
    expect(refused.text).toContain('name="newCampaign" value="Autumn  2026"');
    expect(fieldsOf(refused, home)).not.toHaveProperty('newCampaign');
    expect(await campaignNames()).toEqual([]);
    const fields = { ...fieldsOf(refused, home), newCampaign: 'Autumn  2026' };
    const before = await lastEvent(app.db);
    const answers = await Promise.all([create(fields), create(fields)]);
    const made = await Promise.all(answers.map(created));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made[0]?.campaign?.name).toBe('Autumn 2026');
    expect(await campaignNames()).toEqual(['Autumn 2026']);
    expect((await eventsAfter(app.db, before)).map(({ what }) => what)).toEqual(['campaign.created', 'link.created']);
  });

  it('is not offered where it cannot be one', async () => {
    const refused = await create({ ...form, campaign: 'x'.repeat(81) });
    expect(errorsIn(refused)).toEqual([['campaign', 'The name of a campaign has at most 80 characters.']]);
    expect(refused.text).not.toContain('name="newCampaign"');
  });

  it('is not made for another name than the one that was chosen, nor with a link that is refused', async () => {
    expect((await create({ ...form, campaign: 'Autum', newCampaign: 'Autumn 2026' })).status).toBe(422);
    expect((await create({ url: 'no', campaign: 'Winter', newCampaign: 'Winter' })).status).toBe(422);
    expect(await campaignNames()).toEqual(['Autumn 2026']);
  });

  it('is offered while it is typed, unless there is one', async () => {
    const ask = async (query: Record<string, string>) =>
      (await ada.ask(`${home}/campaigns/suggest?${new URLSearchParams(query)}`, { headers: viaDialog })).text;
    expect(await ask({ campaign: 'Aut' })).toMatch(/data-complete="Autumn 2026"[\s\S]*value="Aut"[^c]*>/);
    expect(await ask({ campaign: 'Aut', newCampaign: 'aut' })).toMatch(/value="Aut" checked/);
    expect(await ask({ campaign: 'autumn 2026' })).not.toContain('newCampaign');
    expect(await ask({ campaign: ' ' })).not.toContain('newCampaign');
  });
});

describe('a campaign that a link that there is gets', () => {
  it('is offered where there is none, and made with the change or not at all', async () => {
    const bob = await app.signUp('Bob');
    const link = await makeLink(app, bob);
    const names = async () => (await listCampaigns(app.db, bob.workspace.id)).map(({ name }) => name);
    const save = (fields: Record<string, string>) =>
      bob.ask(`/w/${bob.workspace.slug}/links/${link.id}/edit`, { form: { url: link.url, ...fields } });
    const refused = await save({ campaign: 'Harvest' });
    expect(errorsIn(refused)).toEqual([
      ['campaign', 'There is no campaign “Harvest” yet. Choose below to create it with the link.'],
    ]);
    expect(refused.text).toContain('name="newCampaign" value="Harvest"');
    expect((await save({ campaign: 'Harvest', newCampaign: 'Harvest', url: 'no' })).status).toBe(422);
    expect(await names()).toEqual([]);
    expect((await save({ campaign: 'Harvest', newCampaign: 'Harvest' })).status).toBe(303);
    expect((await getLink(app.db, bob.workspace.id, link.id)).campaign?.name).toBe('Harvest');
  });
});

describe('an address that a link leads to already', () => {
  const hint = async (url: string, person = ada) =>
    (
      await person.ask(`/w/${person.workspace.slug}/links/same-destination?${new URLSearchParams({ url })}`, {
        headers: viaDialog,
      })
    ).text.trim();

  it('is hinted at while it is typed, in any spelling, with the short link to copy', async () => {
    const link = await makeLink(app, ada, { slug: 'same', url: 'https://Shop.Example.com:443?a=B#c' });
    for (const url of ['shop.example.com/?a=B#c', 'http://SHOP.example.com?a=B#c', 'https://shop.example.com/?a=B#c']) {
      const text = await hint(url);
      expect(text, url).toContain(`href="${home}/${link.id}"`);
      expect(text, url).toContain(`data-copy="${app.config.shortUrl}/same"`);
    }
    for (const url of ['shop.example.com/?a=b#c', 'shop.example.com/?a=B', 'example.com', 'two words', ''])
      expect(await hint(url), url).toBe('');
    expect(await hint(link.url, await app.signUp('Bob'))).toBe('');
    await archiveLink(app.db, workspaceId, byTest, link.id);
    expect(await hint(link.url)).toBe('');
  });

  it('is told in a refused form and after making, with scripts and without', async () => {
    await makeLink(app, ada, { slug: 'told', url: 'https://told.example.com/' });
    const form = { url: 'told.example.com', slug: 'a b' };
    expect((await create(form)).text).toContain('You have a link to this address:');
    const answer = await create({ url: form.url });
    expect(decodeURIComponent(String(answer.headers['set-cookie']))).toContain(
      `another link to this address: ${app.shortHost}/told.`,
    );
    expect((await create({ url: form.url }, viaDialog)).text).toContain('You have another link to this address:');
    expect((await create({ url: 'https://new.example.com/' }, viaDialog)).text).not.toContain('another link');
  });
});

describe('create and next', () => {
  it('keeps all but the slug, and names the links so far', async () => {
    await makeCampaign(app, ada, 'Series');
    const form = {
      url: 'https://example.com/one',
      slug: 'one-of',
      title: 'T',
      tags: 'a, b',
      campaign: 'Series',
      idPrefix: 'quick',
    };
    const first = await create({ ...form, next: 'yes' }, viaDialog);
    expect([first.status, first.headers['hx-trigger']]).toEqual([200, 'link-created']);
    const fields = fieldsOf(first, home);
    expect(fields).toMatchObject({ ...form, slug: '', made: expect.stringMatching(/^\w+$/) });
    expect(first.text).toContain(`data-copy="${app.config.shortUrl}/one-of"`);
    const second = await create({ ...fields, url: 'https://example.com/two', slug: 'two-of', next: 'yes' }, viaDialog);
    expect(second.text).toContain('2 links are ready.');
    expect(second.text).toContain(`data-copy="${app.config.shortUrl}/two-of\n${app.config.shortUrl}/one-of"`);
  });

  it('does so without scripts by an address, and refuses like any other', async () => {
    const form = { url: 'https://example.com/plain', tags: 'a', next: 'yes' };
    const answer = await create(form);
    expect(answer.status).toBe(303);
    const page = await ada.ask(answer.headers.location ?? '');
    expect(fieldsOf(page, home)).toMatchObject({
      url: form.url,
      tags: 'a',
      slug: '',
      made: expect.stringMatching(/^\w+$/),
    });
    const refused = await create({ ...fieldsOf(page, home), url: 'no', next: 'yes' });
    expect([refused.status, fieldsOf(refused, home)['made']]).toEqual([422, fieldsOf(page, home)['made']]);
  });

  it('names no links of others', async () => {
    const bob = await app.signUp('Bob');
    const theirs = await makeLink(app, bob, { slug: 'of-bob' });
    expect((await ada.ask(`${home}/new?made=${theirs.id}`)).text).not.toContain('of-bob');
  });
});

describe('who makes campaigns with links', () => {
  it('is whoever may make them', async () => {
    const viewer = await app.signUp('Vic');
    await joinWorkspace(app, viewer, ada, 'viewer');
    for (const path of ['campaigns/suggest?campaign=x', 'same-destination?url=example.com'])
      expect((await viewer.ask(`${home}/${path}`)).status).toBe(403);
    const before = await lastEvent(app.db);
    expect((await viewer.ask(home, { form: { url: 'example.com', campaign: 'X', newCampaign: 'X' } })).status).toBe(
      403,
    );
    expect(await lastEvent(app.db)).toBe(before);
  });
});
