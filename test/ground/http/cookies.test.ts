import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Visitor } from '../../people/accounts/visitor.ts';
import { type Answer, type Person, startTestApp, type TestApp } from '../../setup/app.ts';

let app: TestApp;
let ada: Person;
let bea: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  bea = await app.signUp('Bea');
});
afterAll(() => app.close());

/** The value of a cookie that an answer sets, as it would be sent back. */
const valueOf = (answer: Answer, name: string): string =>
  (answer.headers['set-cookie'] ?? [])
    .find((line) => line.startsWith(`${name}=`))
    ?.slice(name.length + 1)
    .split(';', 1)[0] ?? '';

const withCookies = (person: Person, ...cookies: string[]) => ({
  headers: { cookie: [person.cookie, ...cookies].join('; ') },
});

/** The page of a report that was just shared. */
const pathOf = ({ text }: Answer): string => /id="new-share">[^<]*(\/r\/[\w-]{32})</.exec(text)?.[1] ?? '';

/** Values of all our signed cookies, made by the server for Ada. */
async function madeForAda() {
  const { slug } = ada.workspace;
  const saved = await ada.ask('/account/name', { form: { name: 'Ada' } });
  const key = await ada.ask(`/w/${slug}/keys`, { form: { name: 'Ada’s key' } });
  const shared = await ada.ask(`/w/${slug}/shares`, {
    form: { title: 'Open', password: 'correct horse', parts: 'sources' },
  });
  const path = pathOf(shared);
  expect([saved.status, key.status, shared.status]).toEqual([303, 303, 201]);
  const opened = await app.ask(path, { form: { password: 'correct horse' } });
  const [line = ''] = opened.headers['set-cookie'] ?? [];
  return {
    flash: valueOf(saved, 'waymark_flash'),
    newKey: valueOf(key, 'waymark_new_key'),
    share: line.split(';', 1)[0]?.split('=')[1] ?? '',
    shareName: line.split('=', 1)[0] ?? '',
    path,
  };
}

describe('a signed cookie', () => {
  it('opens under its own name alone, whichever other it is sent as', async () => {
    const made = await madeForAda();
    const values = [made.flash, made.newKey, made.share];
    expect(values.every((value) => value.length > 40)).toBe(true);
    const pages = ['/log-in', '/account', `/w/${ada.workspace.slug}/keys`, `/w/${ada.workspace.slug}/links`, made.path];
    for (const name of ['waymark_flash', 'waymark_new_key', made.shareName, 'waymark_known', 'waymark.session_token'])
      for (const value of values)
        for (const page of pages) {
          const isOwn = values.indexOf(value) === ['waymark_flash', 'waymark_new_key', made.shareName].indexOf(name);
          const { status, text } = await app.ask(page, { headers: { cookie: `${name}=${value}` } });
          expect([name, page, status >= 500]).toEqual([name, page, false]);
          if (!isOwn || name !== made.shareName)
            expect(text).not.toMatch(/Your name is changed|wm_[\w-]{20}|Where visits come from/);
        }
  });

  it.each(['', '.', 'x', '{}', '{"kind":"error"}.x', 'null.', '%', '%E0%A4%A', '"', encodeURIComponent('{"a":1}.abc')])(
    'of junk is no fault of a page: %j',
    async (junk) => {
      const { path, shareName } = { path: '/r/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', shareName: 'waymark_share_a' };
      for (const name of ['waymark_flash', 'waymark_new_key', 'waymark_known', shareName, 'waymark.session_token'])
        for (const page of ['/', '/log-in', `/w/${ada.workspace.slug}/keys`, path]) {
          const answer = await app.ask(page, withCookies(ada, `${name}=${junk}`));
          expect([name, page, answer.status < 500]).toEqual([name, page, true]);
        }
    },
  );

  it('shows nothing of one person to another, who got it from them', async () => {
    const made = await madeForAda();
    const { slug } = bea.workspace;
    const seen = [
      await bea.ask('/account', withCookies(bea, `waymark_flash=${made.flash}`)),
      await app.ask('/log-in', { headers: { cookie: `waymark_flash=${made.flash}` } }),
      await bea.ask(`/w/${slug}/keys`, withCookies(bea, `waymark_new_key=${made.newKey}`)),
    ];
    for (const { status, text } of seen) {
      expect(status).toBe(200);
      expect(text).not.toMatch(/Your name is changed|wm_[\w-]{20}/);
    }
    // And it is Ada's all the same, and taken away once it is shown.
    const own = await ada.ask('/account', withCookies(ada, `waymark_flash=${made.flash}`));
    expect(own.text).toContain('Your name is changed');
    expect(own.headers['set-cookie']?.join()).toMatch(/waymark_flash=;.*Expires=Thu, 01 Jan 1970/);
  });

  it('follows a session that begins with the same answer', async () => {
    const visitor = new Visitor(app);
    const cleo = await app.signUp('Cleo');
    await visitor.send('/log-in', { email: cleo.email, password: cleo.password });
    const form = { currentPassword: cleo.password, newPassword: 'another correct horse' };
    expect((await visitor.send('/account/security/password', form)).text).toContain('Your password is changed.');
  });
});

describe('over HTTPS', () => {
  let secure: TestApp;
  beforeAll(async () => {
    secure = await startTestApp({ APP_URL: 'https://app.localhost', SHORT_URL: 'https://go.localhost' });
  });
  afterAll(() => secure.close());

  it('every cookie is this host’s alone: __Host-, Secure, Path=/, no Domain (RFC 6265bis, 4.1.3.2)', async () => {
    const visitor = new Visitor(secure);
    const form = { name: 'Grace', email: 'grace@example.com', password: 'correct horse battery', timeZone: 'UTC' };
    const lines = new Set<string>();
    const note = (answer: Answer) => {
      for (const line of answer.headers['set-cookie'] ?? []) lines.add(line);
      return answer;
    };
    note(await visitor.ask('/sign-up', { form }));
    const slug = /^\/w\/([^/]+)/.exec((await visitor.ask('/')).headers.location ?? '')?.[1] ?? '';
    note(await visitor.ask('/account/name', { form: { name: 'Grace H.' } }));
    expect(note(await visitor.ask('/account')).text).toContain('Your name is changed');
    note(await visitor.ask(`/w/${slug}/keys`, { form: { name: 'Key' } }));
    expect(note(await visitor.ask(`/w/${slug}/keys`)).text).toMatch(/wm_[\w-]{40}/);
    const shareForm = { title: 'T', password: 'correct horse', parts: 'sources' };
    const path = pathOf(await visitor.ask(`/w/${slug}/shares`, { form: shareForm }));
    note(await visitor.ask(path, { form: { password: 'correct horse' } }));
    expect((await visitor.ask(path)).text).not.toContain('This report has a password');
    note(await visitor.ask('/log-out', { form: {} }));
    for (const name of ['.session_token', '_known', '_flash', '_new_key', '_share'])
      expect([...lines].filter((line) => line.startsWith(`__Host-waymark${name}`)).length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatch(/^__Host-/);
      expect(line).toMatch(/; Path=\/(;|$)/);
      expect(line).toMatch(/; Secure/);
      expect(line).not.toMatch(/; Domain/i);
    }
  });
});
