import type { FastifyReply } from 'fastify';
import type { Viewer } from './channels.ts';

/** Bytes that may wait for a slow reader. Beyond them the stream is closed, and the browser comes back where it was. */
const patienceBytes = 256 * 1024;

/**
 * Answers with a stream of server-sent events (WHATWG HTML, 9.2) that nobody compresses, buffers or keeps.
 * @param onEnd called once, whoever ended it
 */
export function openEventStream(reply: FastifyReply, onEnd: () => void): Viewer {
  reply.hijack();
  const { raw } = reply;
  reply.headers({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // nginx holds answers back until a buffer is full, unless it is told not to.
    'x-accel-buffering': 'no',
  });
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  raw.flushHeaders();
  raw.once('close', onEnd);
  // A browser that loses the connection waits this long, in milliseconds.
  raw.write('retry: 2000\n\n');
  return {
    send(bytes) {
      if (raw.writableLength > patienceBytes) raw.destroy();
      else if (!raw.writableEnded) raw.write(bytes);
    },
    end: () => void raw.end(),
  };
}
