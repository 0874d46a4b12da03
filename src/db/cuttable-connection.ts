import { Socket } from 'node:net';
import { Client, type QueryConfig } from 'pg';

/** How long a connection may take to come about, in milliseconds: a frozen server accepts it and then says nothing. */
const connectMs = 3_000;

/** A statement whose asker has gone ends by itself after so long, in milliseconds; it would hold its locks for ever. */
const statementMs = 10_000;

/** What is committed here is on the disk, whatever the server's setting; a setting that waits for replicas stays. */
const beginning = `
set statement_timeout = ${statementMs};
select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`;

/**
 * A connection that can be cut at once, whatever is under way on it: the driver's own goodbye waits for the server's.
 * It connects by itself; queries wait for that.
 */
export class CuttableConnection {
  readonly #socket = new Socket();
  readonly #client: Client;
  readonly #ready: Promise<unknown>;
  #isReady = false;
  readonly #end = new AbortController();

  /**
   * @param name for operators, in pg_stat_activity
   * @param onNotification told the payload of each notification of the channels that it listens to
   */
  constructor(databaseUrl: string, name: string, onNotification?: (payload: string) => void) {
    this.#client = new Client({
      connectionString: databaseUrl,
      application_name: name,
      stream: () => this.#socket,
      keepAlive: true,
      connectionTimeoutMillis: connectMs,
    });
    // A connection that breaks while it is idle says so on the next query.
    this.#client.on('error', () => {});
    this.#client.on('notification', ({ payload }) => onNotification?.(payload ?? ''));
    this.#socket.once('close', () => this.#end.abort());
    this.#ready = this.#client.connect().then(() => this.#client.query(beginning));
    this.#ready.then(
      () => (this.#isReady = true),
      () => {},
    );
  }

  /** Aborted when the connection is over, whoever ended it. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /**
   * Cuts the connection when there is no answer in time.
   * @param withinMs milliseconds, for connecting too
   * @throws when the connection could not be made, broke, or was cut; whether the statement took effect is then unknown
   */
  async query(query: QueryConfig, withinMs: number): Promise<void> {
    const cut = () => this.#socket.destroy(new Error(`Postgres did not answer within ${Math.round(withinMs)} ms`));
    const timer = setTimeout(cut, withinMs);
    try {
      // Not awaited once it is there: the statement then leaves before anything else of this turn.
      if (!this.#isReady) await this.#ready;
      await this.#client.query(query);
    } finally {
      clearTimeout(timer);
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
