import http from 'node:http';
import { expect } from 'vitest';
import type { TestApp } from '../../setup/app.ts';

export type Stream = {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Everything that came so far. */
  text(): string;
  /** Waits until something has come. */
  until(part: string | RegExp): Promise<void>;
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
          async until(part) {
            await expect.poll(() => received).toMatch(part);
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
