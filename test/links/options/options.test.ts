import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decidedColumns } from '../../../src/links/links/decided.ts';
import { links } from '../../../src/ground/db/schema.ts';
import { getLink } from '../../../src/links/links/queries.ts';
import { linkOptions, mainOf, optionNames, shownOf } from '../../../src/links/options/list.ts';
import type { OptionField, Shown } from '../../../src/links/options/option.ts';
import { readUrl } from '../../../src/links/reading/url.ts';
import { type Client, createLink, openClient } from '../../people/keys/client.ts';
import { fieldsOf } from '../../setup/form.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';

/** As the API is sent them and gives them, and as people read them. */
const sent = { url: 'https://example.com/a?b=c', title: 'Spring, "sale"', tags: ['news', 'Spain'], campaign: 'Spring' };
const shown = { ...sent, tags: 'news, Spain' };

let app: TestApp;
let ada: Person;
let client: Client;
let link: { id: string; slug: string };
let home: string;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  client = await openClient(app, ada);
  home = `/w/${ada.workspace.slug}`;
  expect((await client.ask('/campaigns', { body: { name: sent.campaign } })).status).toBe(201);
  link = await createLink(client, sent);
});

afterAll(() => app.close());

const openPage = (path: string) => ada.ask(home + path);

describe('each option of a link', () => {
  it('has its own name', () => {
    expect(optionNames).toEqual(Object.values(linkOptions).map(({ name }) => name));
  });

  it('is no secret: events keep the columns that people decide', () => {
    expect(Object.keys(decidedColumns).filter((name) => /hash|secret|password|token/i.test(name))).toEqual([]);
  });

  it('is read after the short link, and the destination before it', async () => {
    const codeOf = async (body: object) => ((await client.ask('/links', { body })).json() as { code: string }).code;
    const [url, slug, title] = ['nowhere', link.slug, 'x'.repeat(201)];
    expect(await codeOf({ url, slug: 'a b', title })).toBe('url_invalid');
    expect(await codeOf({ url: sent.url, slug: 'a b', title })).toBe('slug_invalid');
    expect(await codeOf({ url: sent.url, slug, title })).toBe('title_invalid');
  });

  it('is given back by the API as it was sent', async () => {
    expect((await client.ask(`/links/${link.id}`)).json()).toMatchObject(sent);
  });

  it('stands in the form that changes it, and in the form of a copy', async () => {
    expect(fieldsOf(await openPage(`/links/${link.id}/edit`), '/edit')).toMatchObject(shown);
    const copy = /href="[^"]*(\/links\/new\?[^"]+)"/.exec((await openPage(`/links/${link.id}`)).text)?.[1] ?? '';
    expect(fieldsOf(await openPage(copy.replaceAll('&amp;', '&')), '/links')).toMatchObject(shown);
  });

  it('has a column in the file of links', async () => {
    const [header = '', row = ''] = (await openPage('/links.csv')).text.replace(/^\uFEFF/, '').split('\r\n');
    const headers = optionNames.map((name) => linkOptions[name].csv.header);
    expect(header.split(',').slice(1, 1 + headers.length)).toEqual(headers);
    expect(row).toContain(',https://example.com/a?b=c,"Spring, ""sale""","news, Spain",Spring,');
  });

  it('stays as it is where a change leaves it out, and where it is not sent', async () => {
    const { id } = await createLink(client, sent);
    for (const name of optionNames) {
      const body = { [name]: name === 'url' ? 'https://example.com/other' : name === 'tags' ? [] : null };
      const changed = (await client.ask(`/links/${id}`, { method: 'PATCH', body })).json();
      expect(changed).toMatchObject({ ...sent, ...body });
      expect((await client.ask(`/links/${id}`, { method: 'PATCH', body: sent })).json()).toMatchObject(sent);
    }
  });
});

describe('the field of an option', () => {
  const fieldOf = (field: OptionField, error?: string) => {
    const [options, errors] = [[{ name: 'end', label: 'Ends', field }], { end: error }];
    const values = { end: 'a <b>\n"c"' };
    return app.fastify.view('links/options/_options.eta', { options, idPrefix: 'edit', values, errors, conflicts: {} });
  };

  it('may be of another type than text, such as a date', async () => {
    const html = await fieldOf({ kind: 'text', attrs: { type: 'date', required: true } });
    expect(/<input[^>]*>/.exec(html)?.[0].match(/\b(?:type|required)\S*/g)).toEqual(['type="date"', 'required']);
    expect(await fieldOf({ kind: 'text', attrs: {} })).toContain('type="text"');
  });

  it('may have several lines', async () => {
    const html = await fieldOf({ kind: 'lines', rows: 6, hint: 'Shown as it is.' }, 'Too long.');
    const [form, bare] = [(text: string) => `<form action="/edit">${text}</form>`, { kind: 'lines', rows: 6 } as const];
    expect(fieldsOf({ text: form(html) }, '/edit')).toEqual({ end: 'a <b>\r\n"c"' });
    expect(html).toContain('aria-describedby="edit-end-hint edit-end-error" aria-invalid="true"');
    expect(await fieldOf(bare)).not.toMatch(/aria-|<p/);
  });
});

describe('the thing that a link opens', () => {
  const drawn = async (changes: Partial<Shown>, isWhole: boolean) => {
    const [row] = await app.db.select().from(links).where(eq(links.id, link.id));
    const all: Shown = { ...shownOf(await getLink(app.db, row?.workspaceId ?? '', link.id)), ...changes };
    const html = await app.fastify.view('links/pages/_destination.eta', { shown: all, isWhole });
    return html
      .replace(/<svg.*?<\/svg>/, '→')
      .replaceAll(/ +/g, ' ')
      .replaceAll(' >', '>')
      .trim();
  };

  it('is an anchor where it is an address: whole, or short for a list', async () => {
    const whole = `<a class="destination" title="${sent.url}" href="${sent.url}" rel="noreferrer nofollow" target="_blank">`;
    expect(await drawn({}, true)).toBe(`${whole}→<bdi>${sent.url}</bdi></a>`);
    expect(await drawn({}, false)).toMatch(
      /^<a href="[^"]+" rel="noreferrer nofollow" [^>]+><bdi>example\.com\/a\?b=c</,
    );
  });

  it('is words alone where it is none', async () => {
    const note: Partial<Shown> = { words: 'Door code 1234', shortWords: 'Door code', href: null };
    expect(await drawn(note, true)).toBe(
      '<span class="destination" title="Door code 1234">→<bdi>Door code 1234</bdi></span>',
    );
    expect(await drawn(note, false)).toBe('<span><bdi>Door code</bdi></span>');
  });

  it('belongs to each kind of link', () => {
    expect(links.kind.enumValues.map((kind) => mainOf({ kind }).main.opens)).toEqual(links.kind.enumValues);
  });
});

describe('an address that another option holds', () => {
  it.each([
    ['is none', () => '', 'url_invalid'],
    ['is one of our own', () => `${app.config.shortUrl}/spring`, 'url_loop'],
  ])('is refused by the name of that option where it %s', async (_why, typed, code) => {
    const reading = readUrl(app.fastify, 'workspace', typed(), 'after');
    await expect(reading).rejects.toMatchObject({ field: 'after', code });
  });
});
