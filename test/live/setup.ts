import http from 'node:http';
import type { Person, TestApp } from '../setup/app.ts';

export type Stream = {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Everything that came so far. */
  text(): string;
  /** Waits until something has come. */
  until(part: string | RegExp, withinMs?: number): Promise<void>;
  /** Resolves when the server ends it. */
  ended: Promise<void>;
  close(): void;
};

/** Opens an event stream as a browser does, and keeps it open. */
export function openStream(app: TestApp, path: string, headers: Record<string, string>): Promise<Stream> {
  const { host, port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    const request = http.get(
      { host: '127.0.0.1', port, path, agent: false, headers: { host, 'accept-encoding': 'gzip, br', ...headers } },
      (response) => {
        let received = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (received += chunk));
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: () => received,
          ended: new Promise((done) => response.once('close', () => done())),
          async until(part, withinMs = 5_000) {
            const isThere = () => (typeof part === 'string' ? received.includes(part) : part.test(received));
            for (const start = Date.now(); !isThere(); ) {
              if (Date.now() - start > withinMs) throw new Error(`${String(part)} did not come. There is: ${received}`);
              await new Promise((resume) => setTimeout(resume, 20));
            }
          },
          close: () => request.destroy(),
        });
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET') reject(error);
    });
  });
}

/** A person's cookies as a browser takes them. */
export function cookiesOf({ cookie }: Person, url: string): { name: string; value: string; url: string }[] {
  return cookie.split('; ').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return { name, value, url };
  });
}
