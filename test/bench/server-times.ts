import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { median } from './noise.ts';
import type { Target } from './target.ts';

const line = z.object({ msg: z.literal('request'), route: z.string().nullable(), ms: z.number() });

/** How long the server itself took, to the last byte, as its log says it (LOG_LEVEL=debug, and a pipe). */
export class ServerTimes {
  readonly #port: number;
  #told: ((ms: number) => void) | undefined;

  constructor({ port, server }: Pick<Target, 'port' | 'server'>) {
    this.#port = port;
    if (!server.stdout) throw new Error('The log of the server has to be a pipe.');
    createInterface(server.stdout).on('line', (text) => {
      const told = text.startsWith('{') ? line.safeParse(JSON.parse(text)) : undefined;
      if (told?.success && told.data.route?.startsWith('/w/')) this.#told?.(told.data.ms);
      else if (/"level":[4-6]0/.test(text)) console.log(text);
    });
  }

  /** Asks for a page as a browser does. @returns milliseconds, and the bytes that were sent */
  async ask(path: string, cookie: string): Promise<{ ms: number; bytes: number }> {
    const told = new Promise<number>((resolve) => {
      this.#told = resolve;
    });
    const headers = { cookie, 'accept-encoding': 'gzip, br' };
    const sent = http.get({ host: 'localhost', port: this.#port, path, headers });
    const [answer] = (await once(sent, 'response')) as [http.IncomingMessage];
    let bytes = 0;
    for await (const piece of answer) bytes += (piece as Buffer).length;
    if (answer.statusCode !== 200) throw new Error(`${path} was answered with ${answer.statusCode}`);
    return { ms: await told, bytes };
  }

  /** The median of some rounds, in milliseconds; one round before does not count. */
  async medianOf(path: string, cookie: string, rounds: number): Promise<number> {
    const times: number[] = [];
    for (let round = -1; round < rounds; round++) {
      const { ms } = await this.ask(path, cookie);
      if (round >= 0) times.push(ms);
    }
    return median(times);
  }
}
