import net from 'node:net';

export type Load = {
  port: number;
  connections: number;
  seconds: number;
  /** The request number `n`, whole, as it goes over the wire. */
  request: (n: number) => string;
};

export type LoadResult = {
  /** Requests answered with 302, from first to last. */
  acknowledged: number;
  /** Anything else that was answered. */
  other: number;
  perSecond: number;
  p50: number;
  p99: number;
  worst: number;
};

/**
 * Closed-loop load over loopback: each connection sends its next request when the answer to the last one is there.
 * Sockets by hand, because a general client costs more than the server that is measured. Latencies in milliseconds.
 */
export async function runLoad({ port, connections, seconds, request }: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  let acknowledged = 0;
  let other = 0;
  let sent = 0;
  const start = performance.now();
  const end = start + seconds * 1_000;

  const connection = () =>
    new Promise<void>((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
      let sentAt = 0;
      let received = '';
      const send = () => {
        sentAt = performance.now();
        socket.write(request(sent++));
      };
      socket.once('connect', send);
      socket.once('error', reject);
      socket.once('close', () => resolve());
      socket.setEncoding('latin1');
      socket.on('data', (chunk: string) => {
        received += chunk;
        if (!received.includes('\r\n\r\n')) return;
        const now = performance.now();
        latencies.push(now - sentAt);
        if (received.startsWith('HTTP/1.1 302')) acknowledged++;
        else other++;
        received = '';
        if (now < end) send();
        else socket.destroy();
      });
    });

  await Promise.all(Array.from({ length: connections }, connection));
  const elapsed = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { acknowledged, other, perSecond: latencies.length / elapsed, p50: at(0.5), p99: at(0.99), worst: at(1) };
}
