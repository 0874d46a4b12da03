import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { within } from '../../ground/time/within.ts';

/** How long a database that is there may take to say so, in milliseconds. */
const patienceMs = 1_000;

/** Pause between two questions, in milliseconds. */
const everyMs = 1_000;

/** Hits that the rollups still have to take in, and how long the oldest of them has waited; both about. */
export type Backlog = { hits: number; seconds: number };

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
   * What is pending, about: counted by the statistics of Postgres, its age by the first thousand hits. Counting all of a
   * million would take a second, on each server, each time that somebody reads the metrics.
   * @returns undefined when the database does not answer within a second
   */
  async countBacklog(): Promise<Backlog | undefined> {
    if (!this.#isThere) return undefined;
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
    });
    return within(patienceMs, this.#counting).catch(() => undefined);
  }

  async #count(): Promise<Backlog> {
    const { rows } = await this.#db.execute<Backlog>(sql`
select case when count(*) < 1000 then count(*) else greatest(count(*), pg_stat_get_live_tuples('clicks_pending'::regclass)) end::int as hits,
       greatest(0, coalesce(extract(epoch from clock_timestamp() - min(clicked_at)), 0))::float as seconds
from (select clicked_at from clicks_pending limit 1000) p`);
    return rows[0] ?? { hits: 0, seconds: 0 };
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
