import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';

let app: TestApp;
let ada: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
});

afterAll(() => app.close());

const fragment = (page: string) => ({ 'hx-request': 'true', 'hx-current-url': `${app.url}${page}` });
const listOf = (person: Person) => `/w/${person.workspace.slug}/links`;

describe('a page that is asked for', () => {
  it('leads whoever is logged out to the log-in, and back afterwards', async () => {
    const answer = await app.ask(`${listOf(ada)}?search=spring`);
    expect([answer.status, answer.headers.location]).toEqual([
      303,
      `/log-in?next=${encodeURIComponent(`${listOf(ada)}?search=spring`)}`,
    ]);
  });

  it('says in words what is wrong, with a number to ask by, and nothing of our insides', async () => {
    const answer = await ada.ask('/nobody-made-this-page');
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('There is no page at this address.');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('a fragment that is asked for', () => {
  it('leaves the page as it is when it fails, and shows a message', async () => {
    const answer = await ada.ask(`${listOf(ada)}/aaaaaaaaaaaa/archive`, { form: {}, headers: fragment(listOf(ada)) });
    expect(answer.status).toBe(404);
    expect(answer.headers['hx-reswap']).toBe('none');
    expect(JSON.parse(String(answer.headers['hx-trigger']))).toMatchObject({ toast: { kind: 'error' } });
    expect(answer.text).toBe('');
  });

  it('leads whoever is logged out and only looks to the log-in, and back to the page they were on', async () => {
    const page = `${listOf(ada)}?sort=clicks`;
    const answer = await app.ask(`${listOf(ada)}?search=x`, { headers: fragment(page) });
    expect(answer.headers['hx-redirect']).toBe(`/log-in?next=${encodeURIComponent(page)}`);
    expect(answer.headers['hx-reswap']).toBe('none');
  });

  it('keeps what somebody typed who was logged out meanwhile', async () => {
    const form = { url: 'https://example.com/typed', idPrefix: 'quick' };
    const answer = await app.ask(listOf(ada), { form, headers: fragment(listOf(ada)) });
    expect([answer.status, answer.headers['hx-reswap'], answer.headers['hx-redirect']]).toEqual([
      401,
      'none',
      undefined,
    ]);
    expect(String(answer.headers['hx-trigger'])).toContain('You are logged out.');
  });
});

describe('a form of another site', () => {
  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['no origin it could have', { origin: 'null' }],
    ['a browser that says cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }],
    ['a page elsewhere, in a browser that names no origin', { referer: 'https://evil.example/page' }],
    ['a referrer that is no address', { referer: 'nonsense' }],
  ])('%s is refused, and nothing happens', async (_what, headers) => {
    const answer = await ada.ask(listOf(ada), { form: { url: 'https://example.com/' }, headers });
    expect(answer.status).toBe(403);
    expect((await ada.ask(listOf(ada))).text).toContain('Shorten your first link');
  });

  it('is one of the same host by another scheme, too', async () => {
    const post = (server: TestApp, headers: Record<string, string>) =>
      server.ask('/log-out', { form: {}, headers }).then(({ status }) => status);
    const { host } = new URL(app.url);
    expect(await post(app, { origin: `https://${host}` })).toBe(403);
    expect(await post(app, { origin: `http://${host}` })).toBe(303);
    // A proxy of ours that speaks HTTPS with the browser.
    expect(await post(app, { origin: `https://${host}`, 'x-forwarded-proto': 'https' })).toBe(303);
    const secure = await startTestApp({ APP_URL: 'https://app.example.com', SHORT_URL: 'https://go.example.com' });
    try {
      expect(await post(secure, { origin: 'http://app.example.com' })).toBe(403);
      expect(await post(secure, { origin: 'http://app.example.com', 'x-forwarded-proto': 'http' })).toBe(403);
      expect(await post(secure, { referer: 'http://app.example.com/' })).toBe(403);
      expect(await post(secure, { origin: 'https://app.example.com' })).toBe(303);
    } finally {
      await secure.close();
    }
  });

  it('is not one of ours, of a program that names no page, or a request with a key', async () => {
    const form = { url: 'https://example.com/' };
    for (const headers of [{ referer: `${app.url}/w/x` }, { referer: '' }, {}] as Record<string, string>[])
      expect((await ada.ask('/w/none/links', { form, headers })).status).toBe(404);
    const api = await app.ask('/api/v1/links', {
      body: form,
      headers: { referer: 'https://app.partner.example/', authorization: 'Bearer wm_none' },
    });
    expect(api.status).toBe(401);
  });
});

describe('a body that cannot be read', () => {
  it.each([
    ['a', 415],
    ['application/xml', 415],
    ['application/json', 400],
  ])('of type %s: the page says how to send it, and the API how it wants it', async (type, status) => {
    const page = await app.ask('/log-in', { method: 'POST', body: '{', headers: { 'content-type': type } });
    expect(page.status).toBe(status);
    expect(page.text).toContain(status === 415 ? 'application/x-www-form-urlencoded' : 'did not arrive whole');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });
});
