import { Socket } from 'node:net';
import { Client, type QueryConfig } from 'pg';

/** How long a connection may take to come about, in milliseconds: a frozen server accepts it and then says nothing. */
const connectMs = 1_000;

/**
 * A connection that can be cut at once, whatever is under way on it: the driver's own goodbye waits for the server's.
 * It connects by itself; queries wait for that.
 */
export class CuttableConnection {
  readonly #socket = new Socket();
  readonly #client: Client;
  readonly #connected: Promise<unknown>;

  constructor(databaseUrl: string) {
    this.#client = new Client({
      connectionString: databaseUrl,
      stream: () => this.#socket,
      keepAlive: true,
      connectionTimeoutMillis: connectMs,
    });
    // A connection that breaks while it is idle says so on the next query.
    this.#client.on('error', () => {});
    this.#connected = this.#client.connect();
    this.#connected.catch(() => {});
  }

  /** @throws when the connection could not be made, broke, or was cut; whether the statement took effect is then unknown */
  async query(query: QueryConfig): Promise<void> {
    await this.#connected;
    await this.#client.query(query);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
