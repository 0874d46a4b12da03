import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';

/**
 * A port of 127.0.0.1 where nobody listens, by TCP or UDP: one below those that the system gives to connections, which
 * could take it before we do.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    const sockets = [net.createServer().listen(port, '127.0.0.1'), dgram.createSocket('udp4').bind(port, '127.0.0.1')];
    const isFree = await Promise.all(sockets.map((socket) => isListening(socket)));
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => void socket.close(() => resolve()))));
    if (isFree.every(Boolean)) return port;
  }
}

const isListening = (socket: net.Server | dgram.Socket): Promise<boolean> =>
  once(socket, 'listening').then(
    () => true,
    () => false,
  );
