import net from 'node:net';

export type Load = {
  port: number;
  /** 127.0.0.1 when left out. */
  host?: string;
  connections: number;
  seconds: number;
  /** The request number `n`, whole, as it goes over the wire. */
  request: (n: number) => string;
};

export type LoadResult = {
  /** Requests answered with a redirect, from first to last. */
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
export async function runLoad({ connections, seconds, request, ...address }: Load): Promise<LoadResult> {
  const tally = new Tally();
  let sent = 0;
  const end = performance.now() + seconds * 1_000;
  const sentAt = new Map<Connection, number>();
  const send = (socket: Connection) => {
    sentAt.set(socket, performance.now());
    socket.write(request(sent++));
  };
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Connection(address, send, (socket, isRedirect) => {
          tally.add(performance.now() - (sentAt.get(socket) ?? NaN), isRedirect);
          if (performance.now() < end) send(socket);
          else socket.destroy();
        }).over,
    ),
  );
  return tally.result();
}

/**
 * Open-loop load: requests are due at a steady rate, whether those before them were answered or not, and wait for a free
 * connection. Latencies count from when a request was due, so that a server that stalls cannot hide it.
 */
export async function runSteady({ perSecond, ...load }: Load & { perSecond: number }): Promise<LoadResult> {
  const { connections, seconds, request } = load;
  const tally = new Tally();
  const idle: Connection[] = [];
  const due: number[] = [];
  const dueAt = new Map<Connection, number>();
  const total = seconds * perSecond;
  const start = performance.now();
  let sent = 0;
  let made = 0;

  const feed = () => {
    while (idle.length > 0 && due.length > 0) {
      // In turn: the server hangs up on a connection that asks nothing for long.
      const socket = idle.shift() as Connection;
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
  const free = (socket: Connection) => {
    if (made >= total && due.length === 0) socket.destroy();
    else {
      idle.push(socket);
      feed();
    }
  };
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Connection(load, free, (socket, isRedirect) => {
          tally.add(performance.now() - (dueAt.get(socket) ?? NaN), isRedirect);
          free(socket);
        }).over,
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

/** One connection that is kept, and made anew where the server ends it with an answer. */
class Connection {
  /** Resolves when it was destroyed. */
  readonly over: Promise<void>;
  readonly #to: { port: number; host: string };
  readonly #onAnswer: (connection: Connection, isRedirect: boolean) => void;
  #end: (error?: Error) => void = () => {};
  #socket: net.Socket;

  constructor(
    { port, host = '127.0.0.1' }: Pick<Load, 'port' | 'host'>,
    onReady: (connection: Connection) => void,
    onAnswer: (connection: Connection, isRedirect: boolean) => void,
  ) {
    this.#to = { port, host };
    this.#onAnswer = onAnswer;
    this.over = new Promise((resolve, reject) => {
      this.#end = (error) => (error ? reject(error) : resolve());
    });
    this.#socket = this.#open();
    this.#socket.once('connect', () => onReady(this));
  }

  write(request: string): void {
    this.#socket.write(request);
  }

  destroy(): void {
    this.#socket.destroy();
    this.#end();
  }

  #open(): net.Socket {
    const socket = net.connect({ ...this.#to, noDelay: true });
    let received = '';
    socket.on('error', (error) => socket === this.#socket && this.#end(error));
    socket.on('close', () => socket === this.#socket && this.#end());
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (!isWhole(received)) return;
      const answer = received;
      received = '';
      if (/\r\nconnection: close\r\n/i.test(answer)) this.#socket = this.#open();
      this.#onAnswer(this, /^HTTP\/1\.1 30[1278]/.test(answer));
    });
    return socket;
  }
}

/** Whether an answer is there with its body (RFC 9112, 6.3). */
function isWhole(received: string): boolean {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return false;
  // Ours is a head alone.
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(received);
  if (length) return received.length - headEnd - 4 >= Number(length[1]);
  return !/\r\ntransfer-encoding: chunked\r\n/i.test(received) || received.endsWith('0\r\n\r\n');
}
