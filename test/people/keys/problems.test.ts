import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { type Client, openClient } from './client.ts';

let app: TestApp;
let client: Client;

beforeAll(async () => {
  app = await startTestApp();
  client = await openClient(app, await app.signUp());
});
afterAll(() => app.close());

const problem = (status: number, code: string) => ({
  type: 'about:blank',
  title: expect.any(String) as string,
  status,
  code,
  detail: expect.stringMatching(/[.]$/) as string,
  requestId: expect.any(String) as string,
});

describe('a refusal of the API', () => {
  it.each([
    ['an address that it has not', '/nothing', {}, 404, 'not_found'],
    ['a method that it has not', '/links', { method: 'PUT', body: {} }, 404, 'not_found'],
    ['a link that is not there', '/links/nothing', {}, 404, 'not_found'],
    ['an id that no database can hold', '/links/a%00b', {}, 404, 'not_found'],
    ['a body that is not JSON', '/links', { body: '{ "url": ' }, 400, 'malformed_json'],
    ['a body that is empty', '/links', { body: '' }, 422, 'invalid'],
    [
      'a body of no type',
      '/links',
      { method: 'POST', body: '{}', headers: { 'content-type': '' } },
      415,
      'unsupported_media_type',
    ],
    ['a body that would poison objects', '/links', { body: '{ "__proto__": {} }' }, 400, 'malformed_json'],
    ['a body that is too large', '/links', { body: { url: 'x'.repeat(1_100_000) } }, 413, 'too_large'],
    ['a form', '/links', { form: { url: 'https://example.com/' } }, 415, 'unsupported_media_type'],
  ])('says what is wrong with %s', async (_what, path, ask, status, code) => {
    const answer = await client.ask(path, ask);
    expect(answer.json()).toEqual(problem(status, code));
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
  });

  it.each([[[]], [null], ['text'], [7]])('says that %j is no object', async (body) => {
    const answer = await client.ask('/links', { body: JSON.stringify(body) });
    expect(answer.json()).toEqual({ ...problem(422, 'invalid'), detail: 'Send the properties as a JSON object.' });
  });

  it.each([
    ['/analytics?timeZone=Europe/Berlin', 'timeZone'],
    ['/links?constructor=x', 'constructor'],
    ['/campaigns?limit=5', 'limit'],
    ['/hits?from=2026-11-01&untill=2026-11-02', 'untill'],
  ])('names the parameter of %s that there is not', async (path, field) => {
    const detail = `There is no parameter "${field}" here.`;
    expect((await client.ask(path)).json()).toEqual({ ...problem(422, 'invalid'), detail, field });
  });

  it('is JSON for a broken escape too, and never a 500', async () => {
    const answer = await client.ask('/links/%zz');
    expect([400, 404]).toContain(answer.status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  it('tells nothing of the database', async () => {
    const answer = await client.ask(`/links?search=${encodeURIComponent("'; drop table links; --")}`);
    expect(answer.status).toBe(200);
    const cursor = Buffer.from(JSON.stringify({ sort: 'newest', id: "'", key: 0 })).toString('base64url');
    const refused = await client.ask(`/links?cursor=${cursor}`);
    expect(refused.status).toBe(422);
    expect(refused.text).not.toMatch(/select|from links/i);
  });

  it('lets no other site of a browser in', async () => {
    const answer = await client.ask('/links', { headers: { origin: 'https://evil.example' } });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});
