import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestApp } from '../../setup/app.ts';
import { freePort } from '../../setup/free-port.ts';
import { projectRoot } from '../../setup/project-root.ts';

/** The command of the image's HEALTHCHECK, as the Dockerfile writes it, with the settings of a container. */
async function check(env: Record<string, string>): Promise<{ code: number | null; text: string }> {
  const dockerfile = readFileSync(join(projectRoot, 'Dockerfile'), 'utf8');
  const [, words = '[]'] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  const [program = '', ...options] = JSON.parse(words) as string[];
  const child = spawn(program === 'node' ? process.execPath : program, options, {
    cwd: projectRoot,
    env: { PATH: process.env.PATH ?? '', SECRET: 'x'.repeat(32), ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

describe('the health check of the image', () => {
  it.each(['127.0.0.1', '0.0.0.0', 'localhost', ...(hasIPv6 ? ['::1', '::'] : [])])(
    'asks where the server listens: HOST=%s and a PORT of its own',
    async (host) => {
      const app = await startTestApp({ HOST: host });
      const { port } = app.config;
      try {
        const well = await check({ HOST: host, PORT: String(port) });
        expect([well.code, well.text]).toEqual([0, expect.stringContaining('"status":"ok"')]);
      } finally {
        await app.close();
      }
      expect((await check({ HOST: host, PORT: String(port) })).code).toBe(1);
    },
  );

  it('fails where nothing listens, and says which setting is wrong', async () => {
    const away = await check({ PORT: String(await freePort()) });
    expect([away.code, away.text]).toEqual([1, expect.stringContaining('does not answer')]);
    const wrong = await check({ PORT: 'x' });
    expect([wrong.code, wrong.text]).toEqual([1, expect.stringContaining('PORT')]);
  });
});
