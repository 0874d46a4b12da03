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
  p95: number;
  p99: number;
  worst: number;
};

/**
 * Closed-loop load over loopback: each connection sends its next request when the answer to the last one is there.
 * Sockets by hand, because a general client costs more than the server that is measured. Latencies in milliseconds.
 */
export async function runLoad({ port, connections, seconds, request }: Load): Promise<LoadResult> {
  const tally = new Tally();
  let sent = 0;
  const end = performance.now() + seconds * 1_000;
  const sentAt = new Map<net.Socket, number>();
  const send = (socket: net.Socket) => {
    sentAt.set(socket, performance.now());
    socket.write(request(sent++));
  };
  await Promise.all(
    Array.from({ length: connections }, () =>
      connect(port, send, (socket, isRedirect) => {
        tally.add(performance.now() - (sentAt.get(socket) ?? NaN), isRedirect);
        if (performance.now() < end) send(socket);
        else socket.destroy();
      }),
    ),
  );
  return tally.result();
}

/**
 * Open-loop load: requests are due at a steady rate, whether those before them were answered or not, and wait for a free
 * connection. Latencies count from when a request was due, so that a server that stalls cannot hide it.
 */
export async function runSteady({ perSecond, ...load }: Load & { perSecond: number }): Promise<LoadResult> {
  const { port, connections, seconds, request } = load;
  const tally = new Tally();
  const idle: net.Socket[] = [];
  const due: number[] = [];
  const dueAt = new Map<net.Socket, number>();
  const total = seconds * perSecond;
  const start = performance.now();
  let sent = 0;
  let made = 0;

  const feed = () => {
    while (idle.length > 0 && due.length > 0) {
      // In turn: the server hangs up on a connection that asks nothing for long.
      const socket = idle.shift() as net.Socket;
      dueAt.set(socket, due.shift() ?? NaN);
      socket.write(request(sent++));
    }
  };
  const timer = setInterval(() => {
    for (; made < total && start + (made * 1_000) / perSecond <= performance.now(); made++)
      due.push(start + (made * 1_000) / perSecond);
    feed();
    if (made >= total && due.length === 0) {
      clearInterval(timer);
      for (const socket of idle.splice(0)) socket.destroy();
    }
  }, 1);
  const free = (socket: net.Socket) => {
    if (made >= total && due.length === 0) socket.destroy();
    else {
      idle.push(socket);
      feed();
    }
  };
  await Promise.all(
    Array.from({ length: connections }, () =>
      connect(port, free, (socket, isRedirect) => {
        tally.add(performance.now() - (dueAt.get(socket) ?? NaN), isRedirect);
        free(socket);
      }),
    ),
  );
  return tally.result();
}

class Tally {
  readonly #latencies: number[] = [];
  readonly #startedAt = performance.now();
  #redirects = 0;

  add(latency: number, isRedirect: boolean): void {
    this.#latencies.push(latency);
    if (isRedirect) this.#redirects++;
  }

  result(): LoadResult {
    const elapsed = (performance.now() - this.#startedAt) / 1_000;
    const latencies = this.#latencies.sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
    return {
      acknowledged: this.#redirects,
      other: latencies.length - this.#redirects,
      perSecond: latencies.length / elapsed,
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      worst: at(1),
    };
  }
}

/** One connection that is kept; resolves when it is over. */
function connect(
  port: number,
  onReady: (socket: net.Socket) => void,
  onAnswer: (socket: net.Socket, isRedirect: boolean) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    socket.once('connect', () => onReady(socket));
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (!received.includes('\r\n\r\n')) return;
      const isRedirect = received.startsWith('HTTP/1.1 302');
      received = '';
      onAnswer(socket, isRedirect);
    });
  });
}
