import net from 'node:net';

/** A proxy between a server and Postgres that we can make unreliable. */
export type Proxy = {
  /** `url` with the proxy's address in it. */
  urlOf(url: string): string;
  /** From now on every n-th batch of clicks is committed, its answer swallowed, and its connection cut; 0 ends it. */
  loseAnswers(every: number): void;
  /** How many answers were swallowed. */
  lost(): number;
  /** Cuts all connections and refuses new ones. */
  down(): void;
  up(): void;
  close(): Promise<void>;
};

/** @param port of Postgres on 127.0.0.1 */
export async function startProxy(port: number): Promise<Proxy> {
  const open = new Set<net.Socket>();
  let every = 0;
  let batches = 0;
  let lost = 0;
  let isDown = false;

  const proxy = net.createServer({ noDelay: true }, (client) => {
    const server = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const cut = () => [client, server].forEach((socket) => socket.destroy());
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        open.delete(socket);
        cut();
      });
    }
    if (isDown) cut();

    let isSwallowing = false;
    client.on('data', (chunk) => {
      // Each Bind message names a prepared statement of visitors/clicks/inbox.ts.
      if (every > 0 && chunk.includes('record-batches') && ++batches % every === 0) isSwallowing = true;
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (!isSwallowing) client.write(chunk);
      else if (chunk.includes('INSERT 0 ')) {
        lost++;
        cut();
      }
    });
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));

  return {
    urlOf(url) {
      const proxied = new URL(url);
      proxied.port = String((proxy.address() as net.AddressInfo).port);
      return proxied.href;
    },
    loseAnswers(n) {
      every = n;
    },
    lost: () => lost,
    down() {
      isDown = true;
      for (const socket of open) socket.destroy();
    },
    up() {
      isDown = false;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => void proxy.close(resolve));
    },
  };
}
