import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../setup/app.ts';

const appHost = 'app.waymark.example';
let secure: TestApp;
beforeAll(async () => {
  secure = await startTestApp({ APP_URL: `https://${appHost}`, SHORT_URL: 'https://go.waymark.example' });
});
afterAll(() => secure.close());

const http = { 'x-forwarded-proto': 'http', 'x-forwarded-for': '203.0.113.9' };
const logIn = { email: 'ada@example.com', password: 'correct horse battery' };

describe('a dashboard of https that is opened by http', () => {
  it.each([
    ['/log-in', `https://${appHost}/log-in`],
    ['/log-in?next=%2Fw%2Facme', `https://${appHost}/log-in?next=%2Fw%2Facme`],
    ['/', `https://${appHost}/`],
  ])('leads %s to https, when a proxy says so', async (path, address) => {
    const answer = await secure.ask(path, { headers: http });
    expect([answer.status, answer.headers.location]).toEqual([302, address]);
    expect(answer.headers['cache-control']).toBe('private, no-store');
  });

  it('leads to no other host: //evil.example is an address that there is not', async () => {
    const answer = await secure.ask('//evil.example/x', { headers: http });
    expect([answer.status, answer.headers.location]).toEqual([404, undefined]);
  });

  it('says at the log-in that nobody can log in there, whether or not a proxy says so', async () => {
    for (const headers of [{ origin: `http://${appHost}` }, http, { ...http, origin: `http://${appHost}` }]) {
      const answer = await secure.ask('/log-in', { form: logIn, headers });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain(`Open https://${appHost} instead.`);
      expect(answer.text).toContain(`href="https://${appHost}"`);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    const onPort = { origin: `http://${appHost}:3000` };
    const direct = await secure.ask('/log-in', { form: logIn, headers: onPort, host: `${appHost}:3000` });
    expect([direct.status, direct.text.includes(`https://${appHost}`)]).toEqual([403, true]);
  });

  it('is not led in circles by a proxy that says http and is itself behind https', async () => {
    const headers = { ...http, 'sec-fetch-site': 'none' };
    expect((await secure.ask('/sign-up', { headers })).status).toBe(200);
    const origin = { ...headers, 'sec-fetch-site': 'same-origin', origin: `https://${appHost}` };
    expect((await secure.ask('/log-in', { form: logIn, headers: origin })).status).toBe(422);
  });

  it.each([
    ['https', { 'x-forwarded-proto': 'https' }],
    ['https after http', { 'x-forwarded-proto': 'http, https' }],
    ['nothing', {}],
  ])('is shown when the proxy says %s', async (_what, headers) => {
    expect((await secure.ask('/sign-up', { headers })).status).toBe(200);
  });

  it('believes no stranger, and leaves programs and visitors alone', async () => {
    const open = await startTestApp({
      APP_URL: `https://${appHost}`,
      SHORT_URL: 'https://go.waymark.example',
      TRUST_PROXY: '',
    });
    try {
      expect((await open.ask('/sign-up', { headers: http })).status).toBe(200);
    } finally {
      await open.close();
    }
    expect((await secure.ask('/api/v1/links', { headers: http })).status).toBe(401);
    expect((await secure.ask('/health/live', { headers: http })).status).toBe(200);
    expect((await secure.visit('/none', { headers: http })).status).toBe(404);
  });
});

describe('Cross-Origin-Opener-Policy', () => {
  it('is sent over https alone: Chromium complains of it elsewhere', async () => {
    const plain = await startTestApp();
    try {
      for (const path of ['/sign-up', '/nobody', '/api/v1/links', '/log-in']) {
        expect((await plain.ask(path)).headers['cross-origin-opener-policy']).toBeUndefined();
        expect((await secure.ask(path)).headers['cross-origin-opener-policy']).toBe('same-origin');
      }
    } finally {
      await plain.close();
    }
  });
});
