import { Socket } from 'node:net';
import type { Client, QueryConfig } from 'pg';
import { SettledClient } from './client.ts';

/** How long a connection may take to come about, in milliseconds: a frozen server accepts it and then says nothing. */
const connectMs = 3_000;

/** A statement whose asker has gone ends by itself after so long; it would hold its locks for ever. */
const settings = { statement_timeout: '10s' };

/**
 * A connection that can be cut at once, whatever is under way on it: the driver's own goodbye waits for the server's.
 * It connects by itself; queries wait for that.
 */
export class CuttableConnection {
  readonly #socket = new Socket();
  readonly #client: Client;
  readonly #ready: Promise<unknown>;
  #isReady = false;
  /** The server commits before it has written: then each statement asks for better. */
  #isLax = false;
  readonly #end = new AbortController();

  /**
   * @param name for operators, in pg_stat_activity
   * @param onNotification told each notification of the channels that it listens to
   */
  constructor(databaseUrl: string, name: string, onNotification?: (payload: string, channel: string) => void) {
    this.#client = new SettledClient({
      connectionString: databaseUrl,
      application_name: name,
      stream: () => this.#socket,
      keepAlive: true,
      connectionTimeoutMillis: connectMs,
      settings,
    });
    // A connection that breaks while it is idle says so on the next query.
    this.#client.on('error', () => {});
    this.#client.on('notification', ({ payload, channel }) => onNotification?.(payload ?? '', channel));
    this.#socket.once('close', () => this.#end.abort());
    this.#ready = this.#client.connect().then(() => this.#look());
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
      await (this.#isLax ? this.#commitDurably(query) : this.#client.query(query));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads whether a commit waits for the disk. A setting that is about replicas stays as it is. */
  async #look(): Promise<void> {
    const { rows } = await this.#client.query<{ synchronous_commit: string }>('show synchronous_commit');
    this.#isLax = rows[0]?.synchronous_commit === 'off';
  }

  async #commitDurably(query: QueryConfig): Promise<void> {
    await this.#client.query('begin');
    try {
      await this.#client.query('set local synchronous_commit = on');
      await this.#client.query(query);
    } catch (error) {
      await this.#client.query('rollback');
      throw error;
    }
    await this.#client.query('commit');
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
