import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { type Manifest, manifestFile } from './manifest.ts';
import { type FixedBytes, fixedBytes, sendFixed } from './fixed-bytes.ts';

const buildDir = fileURLToPath(new URL('../../../public/build', import.meta.url));

/** Name of a file of public/build, such as `app.css`, to the URL that browsers may keep for ever. */
export type AssetUrl = (name: string) => string;

export type Assets = {
  /** @throws when there is no such file: a template with a wrong name must fail in tests, not in browsers */
  url: AssetUrl;
  /** Answers with the file of that name, hashed or not. */
  send(request: FastifyRequest, reply: FastifyReply, name: string): FastifyReply | undefined;
};

/** As the build names files; the plain name is what stands around the hash. */
const hashedName = /^(.+)-[0-9a-f]{10}(\.\w+)$/;

const forEver = 'public, max-age=31536000, immutable';

let assets: Assets | undefined;

/**
 * Reads public/build into memory, once a process: a build that runs beside this server takes nothing away from the pages
 * that it has sent.
 */
export function readAssets(): Assets {
  assets ??= read();
  return assets;
}

function read(): Assets {
  const list = join(buildDir, manifestFile);
  if (!existsSync(list)) throw new Error('public/build is not there; run "npm run build"');
  const manifest = JSON.parse(readFileSync(list, 'utf8')) as Manifest;
  const files = new Map<string, { hashed: string; bytes: FixedBytes }>();
  for (const [name, hashed] of Object.entries(manifest)) {
    const file = join(buildDir, hashed);
    const [br, gzip] = ['.br', '.gz'].map((ending) =>
      existsSync(file + ending) ? readFileSync(file + ending) : undefined,
    );
    const bytes = fixedBytes(name, readFileSync(file), { ...(br && { br }), ...(gzip && { gzip }) });
    files.set(name, { hashed, bytes });
  }
  return {
    url(name) {
      const file = files.get(name);
      if (!file) throw new Error(`public/build has no ${name}; is it in src/ground/assets/build.ts?`);
      return `/assets/${file.hashed}`;
    },
    send(request, reply, asked) {
      // A page of another version, while several run: it gets what takes its file's place here, and keeps it nowhere.
      const name = asked.replace(hashedName, '$1$2');
      const file = files.get(asked) ?? files.get(name);
      if (!file) return undefined;
      reply.header('cache-control', asked === file.hashed ? forEver : 'public, no-cache');
      return sendFixed(request, reply, file.bytes);
    },
  };
}

/** Serves public/build at /assets/, and the icon that browsers ask for by themselves. */
async function serveAssets(app: FastifyInstance): Promise<void> {
  const files = readAssets();
  app.get<{ Params: { '*': string } }>(
    '/assets/*',
    (request, reply) => files.send(request, reply, request.params['*']) ?? reply.callNotFound(),
  );
  app.get('/favicon.ico', (request, reply) => files.send(request, reply, 'favicon.png') ?? reply.callNotFound());
}

export default fp(serveAssets, { name: 'assets' });
