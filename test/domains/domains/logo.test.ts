import http from 'node:http';
import { eq } from 'drizzle-orm';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { domains } from '../../../src/ground/db/schema.ts';
import { readLogo } from '../../../src/domains/domains/logo.ts';
import { removeLink } from '../../../src/links/links/queries.ts';
import { type Client, openClient } from '../../people/keys/client.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { insertDomain, makeDomain } from '../../setup/domains.ts';
import { eventually } from '../../setup/eventually.ts';
import { startWorkspace } from '../../setup/membership.ts';
import { sendForm } from '../../setup/send-form.ts';
import { makeLink } from '../../setup/make.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;
let client: Client;
let id: string;
let host: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
  client = await openClient(app, ada);
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ id, host } = await makeDomain(app, ada, { brandName: 'Acme <b>' }));
});

const png = (width: number, height: number) => PNG.sync.write(new PNG({ width, height }));
const jpeg = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
  'base64',
);
const webp = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64');
const lossyWebp = Buffer.from('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=', 'base64');
/** A canvas of so many pixels, without its picture. */
function extendedWebp(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(30);
  bytes.write('RIFF    WEBPVP8X', 'latin1');
  bytes.writeUIntLE(width - 1, 24, 3);
  bytes.writeUIntLE(height - 1, 27, 3);
  return bytes;
}

const put = (body: Buffer, type = 'image/png') =>
  fetch(`${app.url}/api/v1/domains/${id}/logo`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${client.key}`, 'content-type': type },
    body: new Uint8Array(body),
  });
const upload = (bytes: Buffer, { cookie } = ada) =>
  sendForm(`${app.url}/w/${ada.workspace.slug}/domains/${id}/brand`, cookie, { brandName: 'Acme <b>', logo: bytes });

function fetchBytes(
  path: string,
  at = host,
): Promise<{ status?: number; headers: http.IncomingHttpHeaders; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(app.url);
    const request = http.get({ host: '127.0.0.1', port, path, headers: { host: at }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }),
      );
    });
    request.on('error', reject);
  });
}
/** The logo's address on a page that visitors meet, once it is another than `before`. */
const logoOn = (path: string, before = ''): Promise<string> =>
  eventually(
    async () => /<img class="logo" src="([^"]+)"/.exec((await app.visit(path, { host })).text)?.[1] ?? '',
    (src) => src !== '' && src !== before,
  );

describe('a logo', () => {
  it.each([
    ['a PNG', png(40, 20), 'image/png'],
    ['a JPEG', jpeg, 'image/jpeg'],
    ['a WebP without loss', webp, 'image/webp'],
    ['a WebP with loss', lossyWebp, 'image/webp'],
    ['a WebP with extensions', extendedWebp(2_000, 2_000), 'image/webp'],
    ['a PNG at the limit', png(2_000, 1), 'image/png'],
  ])('may be %s, told by its bytes', (_what, bytes, type) => {
    expect(readLogo(bytes)).toEqual({ bytes, type });
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'logo_missing'],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), 'logo_invalid'],
    ['a page', Buffer.from('<!doctype html><script>alert(1)</script>'), 'logo_invalid'],
    ['a GIF', Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1'), 'logo_invalid'],
    ['the beginning of a PNG', png(10, 10).subarray(0, 20), 'logo_invalid'],
    ['the beginning of a JPEG', jpeg.subarray(0, 30), 'logo_invalid'],
    ['the beginning of a WebP', webp.subarray(0, 20), 'logo_invalid'],
    ['a JPEG that goes round in circles', Buffer.from('ffd8ffe00000ffe00000ffe00000', 'hex'), 'logo_invalid'],
    ['too wide', png(2_001, 1), 'logo_too_large'],
    ['too high', extendedWebp(1, 2_001), 'logo_too_large'],
    ['too heavy', Buffer.concat([png(1, 1), Buffer.alloc(200_000)]), 'logo_too_large'],
  ])('is not %s', (_what, bytes, code) => {
    expect(() => readLogo(bytes)).toThrow(expect.objectContaining({ code, field: 'logo' }));
  });

  it('never makes the reader fall over, wherever it is cut', () => {
    for (const whole of [png(3, 3), jpeg, webp, lossyWebp])
      for (let length = 0; length < whole.length; length++) {
        const read = () => readLogo(whole.subarray(0, length));
        try {
          read();
        } catch (error) {
          expect(error).toMatchObject({ status: 422 });
        }
      }
  });
});

describe('the logo of a domain', () => {
  it('is on all pages that its visitors meet, with the name of the brand, and may be kept for ever', async () => {
    expect((await upload(png(40, 20))).status).toBe(303);
    const link = { url: 'https://example.com/', domainId: id, title: null };
    await makeLink(app, workspaceId, { ...link, slug: 'spring' });
    const { id: ended } = await makeLink(app, workspaceId, { ...link, slug: 'ended' });
    await removeLink(app.db, workspaceId, byTest, ended);
    const src = await logoOn('/nobody-has-this');
    expect(src).toMatch(/^\/assets\/brand\/logo\/[0-9a-f]{32}$/);
    for (const path of ['/', '/nobody', '/ended', '/spring+']) expect([path, await logoOn(path)]).toEqual([path, src]);
    expect((await app.visit('/nobody', { host })).text).toContain('alt="Acme &lt;b&gt;"');
    for (const source of ['database', 'memory']) {
      const { status, headers, bytes } = await fetchBytes(src);
      expect([source, status, bytes.equals(png(40, 20))]).toEqual([source, 200, true]);
      expect(headers).toMatchObject({
        'content-type': 'image/png',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      });
      expect(headers['set-cookie']).toBeUndefined();
    }
  });

  it('has another address when it is another one, and is gone when it is removed', async () => {
    await upload(png(40, 20));
    const first = await logoOn('/');
    await put(webp);
    const second = await logoOn('/', first);
    expect((await fetchBytes(first)).status).toBe(404);
    expect((await fetchBytes(second)).headers['content-type']).toBe('image/webp');
    const brand = `/w/${ada.workspace.slug}/domains/${id}/brand`;
    expect((await ada.ask(brand, { form: { brandName: 'Acme <b>', removeLogo: 'on' } })).status).toBe(303);
    await expect.poll(async () => (await fetchBytes(second)).status).toBe(404);
    const [row] = await app.db.select().from(domains).where(eq(domains.id, id));
    expect([row?.logo, row?.logoType]).toEqual([null, null]);
  });

  it('is served on its own domain alone', async () => {
    await upload(png(40, 20));
    const src = await logoOn('/');
    const other = `other-${host}`;
    await insertDomain(app.db, workspaceId, other);
    for (const at of [other, 'nobody.example', app.shortHost])
      expect([at, (await fetchBytes(src, at)).status]).toEqual([at, 404]);
  });

  it('is shown in its settings, and refused with a sentence there', async () => {
    const path = `/w/${ada.workspace.slug}/domains/${id}/brand`;
    expect((await ada.ask(path)).text).not.toContain('The logo now');
    await upload(png(40, 20));
    expect((await ada.ask(path)).text).toContain('The logo now');
    expect((await ada.ask(`/w/${ada.workspace.slug}/domains/${id}/logo`)).headers['content-type']).toBe('image/png');
    const refused = await upload(Buffer.from('<svg/>'));
    expect(refused.status).toBe(422);
    const page = await refused.text();
    expect(page).toMatch(/id="field-logo-error">[^]*Take a PNG, a JPEG or a WebP\./);
    expect(page).toContain('The logo now');
    expect(page).toContain('value="Acme &lt;b&gt;"');
  });

  it('is set and removed by API, whatever its media type claims', async () => {
    expect((await put(jpeg, 'image/gif')).status).toBe(204);
    const whole = async () => (await client.ask(`/domains/${id}`)).json();
    expect(await whole()).toMatchObject({ id, host, hasLogo: true, brandName: 'Acme <b>', redirectStatus: 302 });
    const refused = await put(Buffer.from('<svg/>'), 'image/svg+xml');
    expect([refused.status, await refused.json()]).toEqual([422, expect.objectContaining({ code: 'logo_invalid' })]);
    expect((await put(png(1, 1), 'text/plain')).status).toBe(415);
    expect((await put(Buffer.from('{}'), 'application/json')).status).toBe(422);
    expect((await put(Buffer.alloc(2_000_000))).status).toBe(413);
    const remove = () => client.ask(`/domains/${id}/logo`, { method: 'DELETE' });
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);
    expect(await whole()).toMatchObject({ hasLogo: false });
  });

  it("is nobody else's to set", async () => {
    const eve = await app.signUp('Eve');
    expect((await upload(png(1, 1), eve)).status).toBe(404);
    for (const slug of [ada.workspace.slug, eve.workspace.slug])
      expect((await eve.ask(`/w/${slug}/domains/${id}/logo`)).status).toBe(404);
    expect((await client.ask(`/domains/${id}`)).json()).toMatchObject({ hasLogo: false });
  });
});
