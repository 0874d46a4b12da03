import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { thisBuild } from './builds.ts';
import { type Load, type LoadResult, runLoad } from './load.ts';
import { median } from './noise.ts';
import { get, visits } from './requests.ts';
import { insertLinks, startTarget } from './target.ts';

/**
 * `npm run bench:peers -- kutt=http://localhost:3000/hot yourls=http://localhost:8080/hot`: the redirect beside those of
 * other shorteners, in turn, in one run. Each address is a short link of one that runs on this machine; whoever has them at
 * hand starts them, with a limit of requests that is out of the way. Only the ratios mean anything elsewhere.
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '9' },
    connections: { type: 'string', default: '64' },
  },
});

type Peer = { name: string; load: Pick<Load, 'port' | 'host' | 'request'> };

const ownPort = 4_820;
const peers = positionals.map(readPeer);
if (peers.length === 0)
  throw new Error('Name others as name=address of a short link, such as kutt=http://localhost:3000/hot.');

const directory = mkdtempSync(join(tmpdir(), 'waymark-bench-'));
const target = await startTarget(thisBuild, ownPort, directory);
try {
  await insertLinks(target.client, 1);
  const everyone: Peer[] = [{ name: 'waymark', load: { port: ownPort, request: visits.hot(ownPort) } }, ...peers];
  for (const connections of options.connections.split(',').map(Number)) await compare(everyone, connections);
} finally {
  await target.close();
  rmSync(directory, { recursive: true, force: true });
}

function readPeer(argument: string): Peer {
  const [, name = '', address = ''] = /^([\w-]+)=(.+)$/.exec(argument) ?? [];
  const url = URL.parse(address);
  if (!url || url.protocol !== 'http:') throw new Error(`${argument} is no name=http://address.`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // Load of this kind is an attack on anybody else.
  if (!['localhost', '127.0.0.1', '::1'].includes(host)) throw new Error(`${address} is not on this machine.`);
  const port = Number(url.port || 80);
  const request = get(url.pathname + url.search, port).replace(/Host: .*/, `Host: ${url.host}`);
  return { name, load: { port, ...(host !== 'localhost' && { host }), request: () => request } };
}

async function compare(everyone: readonly Peer[], connections: number): Promise<void> {
  const results = everyone.map((): LoadResult[] => []);
  for (let round = -1; round < Number(options.rounds); round++) {
    // Nobody is always first: what a load leaves behind is the next one's to carry.
    for (const turn of everyone.keys()) {
      const index = (turn + Math.max(round, 0)) % everyone.length;
      const { name, load } = everyone[index] as Peer;
      const seconds = round < 0 ? 1 : Number(options.seconds);
      const result = await runLoad({ ...load, connections, seconds });
      if (result.other > 0) throw new Error(`${result.other} of ${name}'s answers were no redirects.`);
      if (round >= 0) results[index]?.push(result);
    }
  }
  console.log(
    `\n${connections} connections, medians of ${options.rounds} rounds\n   req/s    p50 ms    p99 ms  times  name`,
  );
  const [own = []] = results;
  for (const [index, { name }] of everyone.entries()) {
    const of = results[index] ?? [];
    const ratio = median(of.map(({ perSecond }, round) => (own[round]?.perSecond ?? Number.NaN) / perSecond));
    const show = (figure: 'perSecond' | 'p50' | 'p99', digits: number) =>
      median(of.map((result) => result[figure])).toFixed(digits);
    console.log(
      `${show('perSecond', 0).padStart(8)}  ${show('p50', 2).padStart(8)}  ${show('p99', 2).padStart(8)}  ${ratio.toFixed(1).padStart(5)}  ${name}`,
    );
  }
}
