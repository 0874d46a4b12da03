import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

const publicDir = fileURLToPath(new URL('../../public', import.meta.url));

/** Path below public/, such as `build/app.css`, to the URL that browsers may keep for ever. */
export type AssetUrl = (path: string) => string;

/**
 * Reads every file below public/ once and returns the function that names them with `?v=` and a hash of their bytes.
 * That function throws when the file is not there: a template with a wrong name must fail in tests, not in browsers.
 */
export function readAssetUrls(): AssetUrl {
  const urls = new Map<string, string>();
  for (const entry of readdirSync(publicDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = relative(publicDir, file).split(sep).join('/');
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 10);
    urls.set(path, `/assets/${path}?v=${hash}`);
  }
  return (path) => {
    const url = urls.get(path);
    if (!url) throw new Error(`public/${path} does not exist; run "npm run build"`);
    return url;
  };
}

/** Serves public/ below /assets/ and the icon that browsers ask for by themselves. */
async function assets(app: FastifyInstance): Promise<void> {
  await app.register(fastifyStatic, {
    root: publicDir,
    prefix: '/assets/',
    index: false,
    cacheControl: false,
    setHeaders(reply) {
      const isVersioned = reply.request.url.includes('?v=');
      reply.header('cache-control', isVersioned ? 'public, max-age=31536000, immutable' : 'public, no-cache');
    },
  });
  app.get('/favicon.ico', (_request, reply) => reply.sendFile('favicon.png'));
}

export default fp(assets, { name: 'assets' });
