import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slugs } from '../../../src/ground/db/schema.ts';
import { qrMatrix } from '../../../src/links/qr/matrix.ts';
import { type Client, createLink, type LinkJson, openClient } from '../../people/keys/client.ts';
import { startTestApp, type TestApp } from '../../setup/app.ts';
import { pixelsOfPng, pixelsOfSvg, quietZone, scan } from './decode.ts';

let app: TestApp;
let client: Client;
let link: LinkJson;
/** Address of the link's code, without its ending. */
let address: string;
/** What the code must hold. */
let scanned: string;

/** Fetches as a browser does, without a cookie; bytes stay bytes. */
const picture = (path: string, headers: Record<string, string> = {}) => fetch(app.url + path, { headers });
const pixelsAt = async (path: string) => {
  const answer = await picture(path);
  expect(answer.status).toBe(200);
  return path.includes('.svg')
    ? pixelsOfSvg(await answer.text())
    : pixelsOfPng(Buffer.from(await answer.arrayBuffer()));
};

async function qrSlugOf(linkId: string): Promise<{ id: string; slug: string; kind: string }> {
  const rows = await app.db.select().from(slugs).where(eq(slugs.linkId, linkId));
  const slug = rows.find((row) => row.kind === 'qr');
  if (!slug) throw new Error(`${linkId} has no QR code`);
  return slug;
}

beforeAll(async () => {
  app = await startTestApp();
  client = await openClient(app, await app.signUp());
  link = await createLink(client, { slug: 'spring', url: 'https://example.com/sale' });
  const slug = await qrSlugOf(link.id);
  address = `/qr/${slug.id}`;
  scanned = `${app.config.shortUrl}/${slug.slug}`;
});
afterAll(() => app.close());

describe('the QR code of a link, by URL', () => {
  it.each(['svg', 'png'])('is a picture in .%s that a scanner reads and a visitor can follow', async (format) => {
    const text = scan(await pixelsAt(`${address}.${format}`));
    expect(text).toBe(scanned);
    const visit = await app.visit(new URL(String(text)).pathname);
    expect([visit.status, visit.headers.location]).toEqual([302, 'https://example.com/sale']);
  });

  it('leads through a slug of its own, not through the short link that people share', () => {
    expect(scanned).not.toBe(link.shortUrl);
  });

  it.each([
    ['svg', 200],
    ['png', 200],
    ['png', 4096],
    ['png', 64],
  ])('is drawn as .%s at the size that is asked for: %i', async (format, size) => {
    const pixels = await pixelsAt(`${address}.${format}?size=${size}`);
    expect([pixels.width, pixels.height]).toEqual([size, size]);
    expect(scan(pixels)).toBe(scanned);
  });

  it.each(['svg', 'png'])('has a quiet zone of 4 modules in .%s unless asked otherwise', async (format) => {
    const modules = qrMatrix(scanned).size;
    const scale = 8;
    const size = (modules + 8) * scale;
    const zone = quietZone(await pixelsAt(`${address}.${format}?size=${size}`));
    expect(zone).toEqual({ top: 4 * scale, right: 4 * scale, bottom: 4 * scale, left: 4 * scale });
    const bare = quietZone(await pixelsAt(`${address}.${format}?size=${modules * scale}&margin=0`));
    expect(bare).toEqual({ top: 0, right: 0, bottom: 0, left: 0 });
  });

  it('may be embedded anywhere and kept for a while', async () => {
    const { headers } = await picture(`${address}.svg`);
    expect(headers.get('content-type')).toBe('image/svg+xml');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(headers.get('cache-control')).toBe('public, max-age=3600');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('set-cookie')).toBeNull();
    expect((await picture(`${address}.png`)).headers.get('content-type')).toBe('image/png');
  });

  it.each(['svg', 'png'])('is not sent again to those who have the .%s', async (format) => {
    const etag = (await picture(`${address}.${format}`)).headers.get('etag') ?? '';
    expect((await picture(`${address}.${format}`, { 'if-none-match': `"other", ${etag}` })).status).toBe(304);
    expect((await picture(`${address}.${format}?size=100`, { 'if-none-match': etag })).status).toBe(200);
  });

  it('is saved under the name of the link', async () => {
    expect((await picture(`${address}.svg`)).headers.get('content-disposition')).toBeNull();
    const saved = await picture(`${address}.png?download=1`);
    expect(saved.headers.get('content-disposition')).toBe('attachment; filename="spring-qr.png"');
  });

  it('keeps a name in another script, and gives a plain one to old programs', async () => {
    const { id } = await createLink(client, { slug: 'весна' });
    const saved = await picture(`/qr/${(await qrSlugOf(id)).id}.svg?download=1`);
    expect(saved.headers.get('content-disposition')).toBe(
      `attachment; filename="_-qr.svg"; filename*=UTF-8''${encodeURIComponent('весна-qr.svg')}`,
    );
  });

  it.each([
    ['size=63', 'A QR code is 64 to 4096 pixels wide.'],
    ['size=4097', 'A QR code is 64 to 4096 pixels wide.'],
    ['size=big', 'A QR code is 64 to 4096 pixels wide.'],
    ['size=100.5', 'A QR code is 64 to 4096 pixels wide.'],
    ['size=100&size=200', 'A QR code is 64 to 4096 pixels wide.'],
    ['margin=-1', 'The margin is 0 to 16 modules. Scanners need 4.'],
    ['margin=17', 'The margin is 0 to 16 modules. Scanners need 4.'],
    ['download=yes', 'Write download=1 to save the picture as a file.'],
  ])('refuses ?%s and says why', async (query, sentence) => {
    const answer = await app.ask(`${address}.png?${query}`);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(sentence);
  });

  it('is found by the id of a QR slug only', async () => {
    const rows = await app.db.select().from(slugs).where(eq(slugs.linkId, link.id));
    const primary = rows.find((row) => row.kind === 'primary');
    for (const path of [`/qr/${primary?.id}.svg`, `/qr/${link.id}.png`, '/qr/nothing.svg', '/qr/%F0%9F%98%80.png'])
      expect((await app.ask(path)).status, path).toBe(404);
  });

  it('stays for an archived link and goes with a deleted one', async () => {
    const { id } = await createLink(client);
    const path = `/qr/${(await qrSlugOf(id)).id}.png`;
    await client.ask(`/links/${id}`, { method: 'PATCH', body: { archived: true } });
    expect((await picture(path)).status).toBe(200);
    await client.ask(`/links/${id}`, { method: 'DELETE' });
    expect((await picture(path)).status).toBe(404);
  });
});
