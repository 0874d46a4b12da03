import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { within } from '../../ground/time/within.ts';
import { type Backlog, readBacklog } from '../../visitors/rollups/backlog.ts';

/** How long a database that is there may take to say so, in milliseconds. */
const patienceMs = 1_000;

/** Pause between two questions, in milliseconds. */
const everyMs = 1_000;

/**
 * Asks the database in the background whether it is there, one question at a time: one that hangs must not collect the
 * connections of everybody who asks after its health, nor let a load balancer wait.
 */
export class DatabaseWatch {
  readonly #db: Db;
  readonly #closing = new AbortController();
  #isThere = true;
  #counting: Promise<Backlog> | undefined;

  /** @param db that was there a moment ago */
  constructor(db: Db) {
    this.#db = db;
    void this.#watch();
  }

  /** Whether it answered the last question within a second. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /**
   * The number of pending hits, about; all who ask meanwhile get one answer.
   * @returns undefined when the database does not answer within a second
   */
  async countBacklog(): Promise<Backlog | undefined> {
    if (!this.#isThere) return undefined;
    this.#counting ??= readBacklog(this.#db).finally(() => {
      this.#counting = undefined;
    });
    return within(patienceMs, this.#counting).catch(() => undefined);
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const answer = this.#db.execute(sql`select 1`).then(
        () => true,
        () => false,
      );
      this.#isThere = await within(patienceMs, answer).catch(() => false);
      await answer;
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** No more questions. */
  close(): void {
    this.#closing.abort();
  }
}
