import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { host } from './node.ts';

/**
 * People and a few machines that open links all the time, each request with a mark of its own: the thousands in `utm_term`,
 * the rest in `utm_content`, because a dimension tells 5,000 texts of a day apart.
 */
export type Visitors = {
  /** How the marks of this crowd begin. */
  prefix: string;
  /** Marks of the requests that were answered with 302. */
  acknowledged: Set<string>;
  /** Other answers, how often each. */
  refused: Map<number, number>;
  /** The longest that a visitor waited for an answer so far, in milliseconds. */
  longestStallMs(): number;
  /** Resolves when the visitors got so many more redirects. */
  progress(redirects: number): Promise<void>;
  /** Resolves when the last answers are there. */
  leave(): Promise<void>;
};

const browsers = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
];

const connectionsEach = 12;
/** Pause between an answer and the next request, in milliseconds. */
const thinkMs = 8;
const patienceMs = 20_000;

let crowds = 0;

/**
 * @param ports of the nodes; one that is away is tried again
 * @param paths of the links, in turn
 */
export function sendVisitors(ports: () => readonly number[], paths: readonly string[]): Visitors {
  const prefix = `m${++crowds}-`;
  const acknowledged = new Set<string>();
  const refused = new Map<number, number>();
  let longestMs = 0;
  let sent = 0;
  const over = new AbortController();

  const request = (term: string, n: number) =>
    `GET ${paths[n % paths.length]}?utm_term=${term}&utm_content=${n % 1_000} HTTP/1.1\r\nHost: ${host}\r\n` +
    `User-Agent: ${browsers[n % browsers.length]}\r\nX-Forwarded-For: 203.0.113.${(n * 7) % 200}\r\n` +
    `Accept: text/html\r\nAccept-Language: de-DE,de;q=0.9\r\n\r\n`;

  /** Opens links on one connection until that breaks, or something else than a redirect comes. */
  async function visitOn(port: number): Promise<void> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
    socket.on('error', () => {});
    try {
      while (!over.signal.aborted) {
        const n = sent++;
        const term = `${prefix}${Math.floor(n / 1_000)}`;
        const sentAt = performance.now();
        socket.write(request(term, n));
        const status = await answerOn(socket);
        if (status === undefined) return;
        longestMs = Math.max(longestMs, performance.now() - sentAt);
        if (status !== 302) return void refused.set(status, (refused.get(status) ?? 0) + 1);
        acknowledged.add(`${term}.${n % 1_000}`);
        await sleep(thinkMs);
      }
    } finally {
      socket.destroy();
    }
  }

  async function visit(index: number): Promise<void> {
    while (!over.signal.aborted) {
      const all = ports();
      await visitOn(all[index % all.length] ?? 0);
      await sleep(20);
    }
  }

  const visits = Array.from({ length: connectionsEach }, (_, index) => visit(index));
  return {
    prefix,
    acknowledged,
    refused,
    longestStallMs: () => Math.round(longestMs),
    async progress(redirects) {
      const wanted = acknowledged.size + redirects;
      const giveUpAt = performance.now() + patienceMs;
      while (acknowledged.size < wanted) {
        if (performance.now() > giveUpAt) throw new Error(`no ${redirects} redirects within ${patienceMs} ms`);
        await sleep(10);
      }
    },
    async leave() {
      over.abort();
      await Promise.all(visits);
    },
  };
}

/** The status of the next answer; undefined when the connection ended without one. */
function answerOn(socket: net.Socket): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => done(reject, new Error(`a visitor waited ${patienceMs} ms`)), patienceMs);
    const onData = (chunk: string) => {
      text += chunk;
      if (text.includes('\r\n\r\n')) done(resolve, Number(text.slice(9, 12)));
    };
    const onClose = () => done(resolve, undefined);
    function done<Value>(settle: (value: Value) => void, value: Value): void {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      settle(value);
    }
    if (socket.destroyed) onClose();
    else socket.on('data', onData).once('close', onClose);
  });
}
