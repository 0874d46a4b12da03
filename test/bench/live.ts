import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/ground/embedded/embedded.ts';
import { cpuSecondsOf } from './cpu.ts';
import { runLoad } from './load.ts';
import { settingsOf, startServer, untilReady } from './server.ts';

/**
 * What viewers of a live report cost the redirect: the same load with and without them, in turn, in one run. The
 * viewers are fed by this process, so its share of the machine is in the figures; `cpu us` is the server's alone.
 */
const { values: options } = parseArgs({
  options: {
    viewers: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
  },
});
const [port, host] = [4_803, 'localhost:4803'];
const directory = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') });
const server = startServer(settingsOf(port, postgres.url, directory));
const client = new Client(postgres.url);
try {
  await measure();
} finally {
  await client.end();
  server.kill('SIGTERM');
  await once(server, 'exit');
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  await client.connect();
  await untilReady(server, port);
  const { cookie, slug } = await signUp();
  await client.query(`insert into links (id, workspace_id, url)
    select 'bench', id, 'https://example.com/' from workspaces`);
  await client.query(`insert into slugs (id, domain_id, slug_key, slug, kind, link_id)
    select 'bench', id, 'hot', 'hot', 'primary', 'bench' from domains`);
  const agent =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
  const request = () => `GET /hot HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${agent}\r\nAccept: text/html\r\n\r\n`;
  const seconds = Number(options.seconds);
  const load = async () => {
    const before = cpuSecondsOf(server.pid ?? 0);
    const result = await runLoad({ port, connections: Number(options.connections), seconds, request });
    if (result.other > 0) throw new Error(`${result.other} answers were no redirects`);
    return { ...result, cpu: ((cpuSecondsOf(server.pid ?? 0) - before) / result.acknowledged) * 1e6 };
  };
  await load();
  const ratios: { perSecond: number; cpu: number }[] = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    // In turn, and the other way round each second time: whichever runs later meets a fuller table.
    const isWatchedFirst = round % 2 === 1;
    const first = isWatchedFirst ? await watched() : await load();
    const second = isWatchedFirst ? await load() : await watched();
    const [without, withViewers] = isWatchedFirst ? [second, first] : [first, second];
    ratios.push({ perSecond: withViewers.perSecond / without.perSecond, cpu: withViewers.cpu / without.cpu });
    console.log(
      `without ${without.perSecond.toFixed(0)}/s, p99 ${without.p99.toFixed(2)} ms, cpu ${without.cpu.toFixed(0)} us`,
      `| with ${withViewers.perSecond.toFixed(0)}/s, p99 ${withViewers.p99.toFixed(2)} ms, cpu ${withViewers.cpu.toFixed(0)} us`,
    );
  }
  const median = (figures: number[]) =>
    figures.sort((one, other) => one - other)[Math.floor(figures.length / 2)] ?? NaN;
  console.log(
    `with ${options.viewers} viewers, of without: redirects ${median(ratios.map((each) => each.perSecond)).toFixed(3)}, cpu a redirect ${median(ratios.map((each) => each.cpu)).toFixed(3)}`,
  );

  async function watched() {
    const viewers = await Promise.all(
      Array.from({ length: Number(options.viewers) }, () => watch(`/w/${slug}/live`, cookie)),
    );
    const result = await load();
    const heard = viewers.filter(({ bytes }) => bytes() > 1_000).length;
    for (const { close } of viewers) close();
    if (heard !== viewers.length) throw new Error(`Only ${heard} viewers heard of the clicks`);
    return result;
  }
}

function watch(path: string, cookie: string): Promise<{ bytes: () => number; close: () => void }> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const sent = http.get({ host: '127.0.0.1', port, path, headers: { host, cookie }, agent: false }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`The stream was answered with ${answer.statusCode}`));
      answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
      answer.on('error', () => undefined);
      resolve({ bytes: () => bytes, close: () => sent.destroy() });
    });
    sent.on('error', () => undefined);
  });
}

async function signUp(): Promise<{ cookie: string; slug: string }> {
  const form = {
    name: 'Bench',
    email: 'bench@example.com',
    password: 'correct horse',
    workspaceName: 'Bench',
    timeZone: 'UTC',
  };
  const answer = await fetch(`http://${host}/sign-up`, {
    method: 'POST',
    body: new URLSearchParams(form),
    redirect: 'manual',
  });
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
  const { rows } = await client.query<{ slug: string }>('select slug from workspaces');
  return { cookie, slug: rows[0]?.slug ?? '' };
}
