import type { Server } from 'node:http';
import type { FastifyHttpOptions } from 'fastify';

/** More connections than this are dropped: each costs a file descriptor, and the spool needs some to be left. */
export const maxConnections = 10_000;

/**
 * The share of the server that one client may take. Times in milliseconds, sizes in bytes.
 * A client that is slower than this holds a connection for its own fault or on purpose (slowloris).
 */
export const httpLimits = {
  bodyLimit: 1024 * 1024,
  // The whole request, its body included.
  requestTimeout: 30_000,
  // A little longer than the 60 s of most load balancers: who closes first must be the one that sends.
  keepAliveTimeout: 72_000,
  // While stopping, what still arrives on an open connection is answered, and told that the connection ends.
  return503OnClosing: false,
  http: {
    // The request line and all headers together: 431 beyond it.
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    connectionsCheckingInterval: 2_000,
  },
} satisfies FastifyHttpOptions<Server>;
