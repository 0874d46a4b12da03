import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Description } from '../../../src/people/reference/openapi.ts';
import { referenceOf } from '../../../src/people/reference/reference.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';

let app: TestApp;
let page: string;

beforeAll(async () => {
  app = await startTestApp();
  page = (await app.ask('/docs')).text;
});
afterAll(() => app.close());

const ids = (text: string) => [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);

describe('the reference at /docs', () => {
  it('has a part for each operation of the description, under its name for programs', async () => {
    const { paths } = (await app.ask('/api/v1/openapi.json')).json() as Description;
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(operations.length).toBeGreaterThan(20);
    for (const { operationId, summary } of operations) {
      expect(page).toContain(`<article class="operation" id="${operationId}"`);
      expect(page).toContain(`<a href="#${operationId}">${summary.replaceAll("'", '&#39;')}</a>`);
    }
  });

  it('has each anchor once, and no link to an anchor that there is not', () => {
    const anchors = ids(page);
    expect(anchors.filter((id, at) => anchors.indexOf(id) !== at)).toEqual([]);
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets.length).toBeGreaterThan(60);
    expect(targets.filter((id) => !anchors.includes(id))).toEqual([]);
  });

  it('shows no value that was made up for want of an example', () => {
    const { groups } = referenceOf(app.fastify.swagger() as unknown as Description);
    const madeUp = /"text"|\{id\}/;
    for (const { summary, answers, samples } of groups.flatMap(({ operations }) => operations)) {
      for (const { example = '' } of answers) expect(example, summary).not.toMatch(madeUp);
      for (const { pieces } of samples) expect(pieces.join(''), summary).not.toMatch(madeUp);
      // A key stands in each.
      expect(samples.map(({ pieces }) => pieces.length)).toEqual([2, 2, 2]);
    }
  });

  it('is the same for everybody, and comes again only when it has changed', async () => {
    const ada = await app.signUp('Ada');
    const answer = await ada.ask('/docs');
    expect(answer.text).toBe(page);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers['cache-control']).toBe('public, no-cache');
    const again = await app.ask('/docs', { headers: { 'if-none-match': String(answer.headers.etag) } });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('obeys the policy of all pages, without anything inline', async () => {
    const docs = await app.ask('/docs/');
    const others = await app.ask('/sign-up');
    expect(docs.headers['content-security-policy']).toBe(others.headers['content-security-policy']);
    expect(docs.headers['content-security-policy']).not.toContain('unsafe');
    expect(page).not.toMatch(/<style|\sstyle="|\son[a-z]+="|<script(?![^>]*\ssrc=)/);
  });

  it('weighs less than 200 kB with all that a browser fetches for it', async () => {
    const files = new Set([...page.matchAll(/(?:src|href)="(\/assets\/[^"#]+)/g)].map(([, path = '']) => path));
    const weigh = async (path: string) => {
      const headers = { host: new URL(app.url).host, 'accept-encoding': 'br' };
      return (await app.fastify.inject({ url: path, headers })).rawPayload.length;
    };
    const style = [...files].find((path) => path.endsWith('.css')) ?? '';
    const font = /inter-latin-[0-9a-f]{10}\.woff2/.exec((await app.ask(style)).text)?.[0];
    const weights = await Promise.all(['/docs', `/assets/${font}`, ...files].map(weigh));
    const sum = weights.reduce((one, other) => one + other, 0);
    expect(sum).toBeGreaterThan(60_000);
    expect(sum).toBeLessThan(200_000);
  });

  it('leads to the keys of the workspace that was opened last, past the log-in', async () => {
    const ada = await app.signUp('Ada');
    const answer = await ada.ask('/docs/keys');
    expect([answer.status, answer.headers.location]).toEqual([302, `/w/${ada.workspace.slug}/keys`]);
    expect((await app.ask('/docs/keys')).headers.location).toBe('/log-in?next=%2Fdocs%2Fkeys');
  });
});
