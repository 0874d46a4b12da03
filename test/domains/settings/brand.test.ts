import { eq } from 'drizzle-orm';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { domains } from '../../../src/ground/db/schema.ts';
import { sampleNames } from '../../../src/visitors/redirect/samples.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { makeDomain } from '../../setup/domains.ts';
import { eventsAfter, lastEvent } from '../../setup/events.ts';
import { joinWorkspace, startWorkspace } from '../../setup/membership.ts';
import { sendForm } from '../../setup/send-form.ts';

let app: TestApp;
let ada: Person;
let id: string;
let host: string;
let path: string;

beforeAll(async () => {
  ({ app, ada } = await startWorkspace());
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ id, host, path } = await makeDomain(app, ada));
});

const png = PNG.sync.write(new PNG({ width: 4, height: 2 }));
const send = (below: string, fields: Record<string, string | Buffer>, cookie = ada.cookie) =>
  sendForm(`${app.url}${path}${below}`, cookie, fields);
const stored = async () => {
  const [row] = await app.db.select().from(domains).where(eq(domains.id, id));
  return row && { brandName: row.brandName, brandColor: row.brandColor, logo: row.logo, logoType: row.logoType };
};
const nothing = { brandName: null, brandColor: null, logo: null, logoType: null };

describe('the form of a brand', () => {
  it('is saved in one go, its picture too, and is one event', async () => {
    const before = await lastEvent(app.db);
    const saved = await send('/brand', { brandName: 'Acme', brandColor: '#0f7b5c', logo: png });
    expect([saved.status, saved.headers.get('location')]).toEqual([303, `${path}/brand`]);
    expect(await stored()).toMatchObject({ brandName: 'Acme', brandColor: '#0f7b5c', logoType: 'image/png' });
    expect((await stored())?.logo?.equals(png)).toBe(true);
    const [event, ...more] = await eventsAfter(app.db, before);
    expect([event?.what, more]).toEqual(['domain.changed', []]);
    expect(event?.after).toMatchObject({ brandName: 'Acme', logo: expect.stringMatching(/^[\w-]{16}$/) as string });
  });

  it('keeps the picture that is there unless another one is chosen or it is taken away', async () => {
    await send('/brand', { brandName: 'Acme', logo: png });
    await send('/brand', { brandName: 'Other' });
    expect(await stored()).toMatchObject({ brandName: 'Other', logoType: 'image/png' });
    await send('/brand', { brandName: 'Other', removeLogo: 'on' });
    expect(await stored()).toEqual({ ...nothing, brandName: 'Other' });
  });

  it('saves nothing of what came along with something that is refused, and shows what was typed', async () => {
    for (const [fields, field, sentence] of [
      [{ brandName: 'Acme', logo: Buffer.from('<svg/>') }, 'logo', 'Take a PNG, a JPEG or a WebP.'],
      [{ brandName: 'Acme', brandColor: 'red', logo: png }, 'brandColor', 'Write a colour like #0f7b5c.'],
      [{ brandName: 'Acme', logo: Buffer.concat([png, Buffer.alloc(2_000_000)]) }, 'logo', 'at most 200 kB'],
    ] as const) {
      const refused = await send('/brand', fields);
      const page = await refused.text();
      expect([field, refused.status]).toEqual([field, 422]);
      expect(page).toMatch(new RegExp(`id="field-${field}-error">[^]*?${sentence.replace('.', '\\.')}`));
      expect(page).toContain('value="Acme"');
      expect(await stored()).toEqual(nothing);
    }
  });

  it('comes back to the page that was looked at', async () => {
    const saved = await send('/brand', { brandName: 'Acme', page: 'ended', look: 'dark' });
    expect(saved.headers.get('location')).toBe(`${path}/brand?page=ended&look=dark`);
    const page = (await ada.ask(`${path}/brand?page=ended&look=dark`)).text;
    expect(page).toContain(`src="${path}/visitor-page?page=ended&amp;look=dark"`);
  });

  it('that is no form, or larger than forms may be, is refused in words', async () => {
    const headers = { cookie: ada.cookie, 'content-type': 'multipart/form-data; boundary=x' };
    const broken = await fetch(`${app.url}${path}/brand`, { method: 'POST', body: '--x\r\nbroken', headers });
    expect([broken.status, (await broken.text()).includes('This form did not arrive whole.')]).toEqual([400, true]);
    const large = await send('/brand', { logo: Buffer.alloc(4_200_000) });
    expect([large.status, (await large.text()).includes('Choose a smaller file')]).toEqual([413, true]);
  });

  it('is read from members alone: the file of a stranger is not', async () => {
    const eve = await app.signUp('Eve');
    const viewer = await app.signUp('Vic');
    await joinWorkspace(app, viewer, ada, 'viewer');
    const large = { logo: Buffer.alloc(3_000_000) };
    for (const below of ['/brand', '/visitor-page']) {
      expect((await send(below, large, eve.cookie)).status).toBe(404);
      expect((await send(below, large, viewer.cookie)).status).toBe(403);
      expect((await send(below, large, '')).status).toBe(303);
    }
    expect(await stored()).toEqual(nothing);
  });

  it('says what becomes of a colour, and keeps the words of the last one while another is typed', async () => {
    const say = (brandColor: string) => ada.ask(`${path}/brand/colour?${new URLSearchParams({ brandColor })}`);
    expect((await say('#FFD400')).text).toContain('Too pale for text on light pages, where it becomes #877000.');
    expect((await say('')).text).toContain('Without a colour the pages are grey.');
    for (const half of ['#ffd4', '<b>', 'red']) expect((await say(half)).status).toBe(204);
  });
});

describe('a page of visitors in the settings', () => {
  const headersOf = async (answer: Response | { headers: object }) => {
    const headers = answer.headers instanceof Headers ? Object.fromEntries(answer.headers) : answer.headers;
    return headers as Record<string, string>;
  };

  it.each(sampleNames)('is the very one that they meet, and may be framed by us alone: %s', async (page) => {
    await app.db.update(domains).set({ brandName: 'Stored', brandColor: '#ffd400' }).where(eq(domains.id, id));
    for (const answer of [
      await ada.ask(`${path}/visitor-page?page=${page}&look=dark`),
      await send('/visitor-page', { brandName: 'Stored', brandColor: '#ffd400', page, look: 'dark' }),
    ]) {
      const text = typeof answer.text === 'string' ? answer.text : await answer.text();
      const headers = await headersOf(answer);
      expect(answer.status).toBe(200);
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'self'",
      );
      expect(headers['x-frame-options']).toBe('SAMEORIGIN');
      expect(text).toContain('<html lang="en" class="dark">');
      expect(text).toContain('Stored');
      // A page with the name for a heading does not say the host.
      expect(text).toContain(page === 'root' ? '<h1><bdi>Stored' : host);
      expect(text).toContain(`href="${path}/visitor-page.css?color=ffd400"`);
      expect(text).not.toMatch(/<script|<style| style=|<form| on\w+=/);
    }
    const sheet = await ada.ask(`${path}/visitor-page.css?color=ffd400`);
    expect(sheet.text).toMatch(/^:root\{--brand:light-dark\(#877000,#ffd400\)/);
  });

  it('shows what is typed and chosen, and saves nothing', async () => {
    await send('/brand', { brandName: 'Stored', logo: png });
    const other = PNG.sync.write(new PNG({ width: 9, height: 9 }));
    const before = await lastEvent(app.db);
    const typed = await (await send('/visitor-page', { brandName: 'Typed', brandColor: 'B4412E', logo: other })).text();
    expect(typed).toContain('alt="Typed"');
    expect(typed).toContain(`src="data:image/png;base64,${other.toString('base64')}"`);
    expect(typed).toContain('visitor-page.css?color=b4412e');
    const kept = await (await send('/visitor-page', { brandName: 'Typed' })).text();
    expect(kept).toContain(`src="${path}/logo"`);
    const gone = await (await send('/visitor-page', { brandName: 'Typed', removeLogo: 'on' })).text();
    expect(gone).toContain('<p class="brand"><bdi>Typed</bdi></p>');
    expect(await eventsAfter(app.db, before)).toEqual([]);
    expect(await stored()).toMatchObject({ brandName: 'Stored', brandColor: null });
  });

  it('takes nothing that it could be made to say or load, whatever is sent', async () => {
    await send('/brand', { brandName: 'Stored', brandColor: '#0f7b5c' });
    const hostile = {
      brandName: '"><img src=x onerror=alert(1)>',
      brandColor: '#fff;}</style><script>alert(1)</script>',
      logo: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
      page: '../../../log-in',
      look: 'dark" onload="alert(1)',
    };
    const text = await (await send('/visitor-page', hostile)).text();
    expect(text).not.toMatch(/<script|<img|<svg xmlns|onload=/);
    expect(text).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;');
    expect(text).toContain('visitor-page.css?color=0f7b5c');
    expect(text).toContain('class="light"');
    const asked = new URLSearchParams({ ...hostile, logo: '', host: 'evil.example', address: 'evil.example' });
    const got = (await ada.ask(`${path}/visitor-page?${asked}`)).text;
    expect(got).not.toMatch(/evil|onerror|alert/);
    expect((await ada.ask(`${path}/visitor-page.css?color=fff;}x`)).text).toMatch(/^:root\{--brand:[-\w(),#:;]*\}\n$/);
  });

  it('is framed by the tab of the brand, which frames nothing else, and no other page may frame', async () => {
    const policy = (answer: { headers: object }) =>
      (answer.headers as Record<string, string>)['content-security-policy'] ?? '';
    const brand = await ada.ask(`${path}/brand`);
    expect(policy(brand)).toContain("frame-src 'self'");
    expect(policy(brand)).toContain("frame-ancestors 'none'");
    expect(brand.text).toMatch(/<iframe[^>]*sandbox="allow-same-origin"/);
    for (const other of ['', '/redirects', '/apps'])
      expect(policy(await ada.ask(path + other))).not.toContain('frame-src');
    expect(policy(await ada.ask(`${path}/logo`))).toContain("frame-ancestors 'none'");
  });

  it('is nobody else’s, and not sent by another site', async () => {
    const eve = await app.signUp('Eve');
    const page = `${path}/visitor-page`;
    expect((await eve.ask(page)).status).toBe(404);
    expect((await eve.ask(page.replace(ada.workspace.slug, eve.workspace.slug))).status).toBe(404);
    expect((await app.ask(page)).status).toBe(303);
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    expect((await ada.ask(`${path}/visitor-page`, { form: { brandName: 'x' }, headers })).status).toBe(403);
  });
});
