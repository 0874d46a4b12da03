import { eq, sql } from 'drizzle-orm';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { domains, workspaces } from '../../../src/ground/db/schema.ts';
import { insertShare } from '../../../src/reports/sharing/queries.ts';
import { textOf } from '../pages/pages.ts';
import { byTest } from '../../setup/actor.ts';
import type { Person, TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';
import { startWorkspace } from '../../setup/membership.ts';

let app: TestApp;
let ada: Person;
let workspaceId: string;

beforeAll(async () => {
  ({ app, ada, workspaceId } = await startWorkspace());
});
afterAll(() => app.close());

const share = async (passwordHash: string | null = null) =>
  `/r/${(await insertShare(app.db, workspaceId, byTest, { subject: { kind: 'workspace', id: workspaceId }, filters: [], title: 'Spring', parts: [], passwordHash, expiresAt: null }, app.config.secret)).token}`;

describe('a shared report', () => {
  it('carries the name of its workspace where that has no brand', async () => {
    const path = await share();
    const page = await app.ask(path);
    expect(textOf(page)).toContain(ada.workspace.slug === 'adas-team' ? "Ada's team" : 'Ada');
    expect(page.text).not.toContain('brand.css');
    expect((await app.ask(`${path}/brand.css`)).status).toBe(404);
    expect((await app.ask(`${path}/logo`)).status).toBe(404);
  });

  it('carries name, colour and logo of the domain of its links, also where it asks for a password', async () => {
    const logo = PNG.sync.write(new PNG({ width: 4, height: 4 }));
    const settings = { brandName: 'Acme & Söhne', brandColor: '#ffd400' };
    const domainId = await insertDomain(app.db, workspaceId, 'go.acme.example', settings);
    await app.db.update(workspaces).set({ defaultDomainId: domainId }).where(eq(workspaces.id, workspaceId));
    const [open, locked] = [await share(), await share('salt.hash')];
    for (const path of [open, locked]) {
      const page = await app.ask(path);
      expect(textOf(page)).toContain('Acme & Söhne');
      expect(page.text).toContain(`<link rel="stylesheet" href="${path}/brand.css">`);
      const style = await app.ask(`${path}/brand.css`);
      expect([style.status, style.headers['content-type']]).toEqual([200, 'text/css; charset=utf-8']);
      expect(style.text).toMatch(/^:root\{--brand:light-dark\(#[0-9a-f]{6},#ffd400\);/);
    }
    await app.db.update(domains).set({ logo, logoType: 'image/png' }).where(eq(domains.id, domainId));
    const page = await app.ask(locked);
    expect(page.text).toContain(`<img src="${locked}/logo" alt="Acme &amp; Söhne">`);
    const picture = await app.ask(`${locked}/logo`);
    expect([picture.status, picture.headers['content-type']]).toEqual([200, 'image/png']);
  });

  it('gives neither away once it has ended', async () => {
    const path = await share();
    expect((await app.ask(`${path}/brand.css`)).status).toBe(200);
    await app.db.execute(sql`delete from shares`);
    for (const below of ['', '/brand.css', '/logo']) expect((await app.ask(path + below)).status).toBe(404);
  });
});
