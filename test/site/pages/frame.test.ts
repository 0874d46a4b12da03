import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import '@fastify/view';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { iconNames } from '../../../src/ground/assets/icons.ts';
import assets from '../../../src/ground/assets/serve.ts';
import views from '../../../src/site/frame/views.ts';

const viewsDir = join(import.meta.dirname, '../../../views');
const templates = readdirSync(viewsDir, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.eta'));

async function buildFrame() {
  const app = Fastify();
  await app.register(assets);
  await app.register(views);
  app.addHook('onRequest', async (_request, reply) => {
    reply.locals = {
      user: { id: 'u', name: 'Ada <b>', email: 'ada@example.com', isAdmin: false },
      workspace: { id: 'w', name: 'Acme', slug: 'acme' },
      workspaces: [
        { name: 'Acme', slug: 'acme' },
        { name: 'Side project', slug: 'side' },
      ],
      domains: ['go.acme.com'],
      may: () => true,
    };
  });
  app.get('/page', (_request, reply) =>
    reply.viewAsync('site/layouts/app.eta', { title: 'Links', section: 'links', body: '<p>the page</p>' }),
  );
  app.get('/lost', (_request, reply) =>
    reply.viewAsync('visitors/redirect/not-found.eta', { address: 'go.acme.com/x' }),
  );
  return app;
}

describe('the frame around every page', () => {
  it('names the workspace, marks the place one is at and offers to switch, create and log out', async () => {
    const app = await buildFrame();
    const page = (await app.inject('/page')).body;
    expect(page).toContain('<title>Links · Waymark</title>');
    expect(page).toMatch(/href="\/w\/acme\/links" data-shortcut="g l" aria-current="page"/);
    expect(page).toContain('href="/w/side/links"');
    expect(page).toContain('action="/log-out"');
    expect(page).toContain('id="create-link"');
    expect(page).toContain('<p>the page</p>');
  });

  it('escapes what people typed and shows the mail page to admins only', async () => {
    const app = await buildFrame();
    const page = (await app.inject('/page')).body;
    expect(page).toContain('Ada &lt;b&gt;');
    expect(page).not.toContain('/admin/mail');
  });

  it('gives visitors of a short host one stylesheet and no script', async () => {
    const app = await buildFrame();
    const page = (await app.inject('/lost')).body;
    expect(page).toContain('go.acme.com/x');
    expect(page.match(/rel="stylesheet"/g)).toHaveLength(1);
    expect(page).not.toContain('<script');
  });
});

describe('the licences of what is shipped', () => {
  it('stand whole in a file that pages lead to', async () => {
    const app = await buildFrame();
    const address = /href="(\/assets\/licences-[0-9a-f]{10}\.txt)"/.exec((await app.inject('/page')).body)?.[1] ?? '';
    const { body, headers } = await app.inject(address);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    for (const line of [
      'Copyright 2016 The Inter Project Authors',
      'SIL OPEN FONT LICENSE Version 1.1',
      'Lucide Icons and Contributors',
      'Copyright 2013-2019 Michael Bostock',
      'Zero-Clause BSD',
      'Ronan Berder',
      'Tailwind Labs, Inc.',
      'Scalar',
      'Attribution 4.0 International',
      'https://db-ip.com',
    ])
      expect(body).toContain(line);
  });
});

describe('templates', () => {
  it.each(templates)('%s obeys the content security policy', (file) => {
    const source = readFileSync(join(viewsDir, file), 'utf8');
    expect(source).not.toMatch(/\sstyle=|<style|\son[a-z]+="|hx-on|javascript:|<script(?![^>]*\ssrc=)/);
  });

  it.each(templates)('%s names only icons that are in the sprite', (file) => {
    const source = readFileSync(join(viewsDir, file), 'utf8');
    const named = [...source.matchAll(/it\.icon\('([^']+)'/g)].map((match) => match[1]);
    expect(named.filter((name) => !(iconNames as readonly (string | undefined)[]).includes(name))).toEqual([]);
  });
});
