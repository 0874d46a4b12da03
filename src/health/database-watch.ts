import { sql } from 'drizzle-orm';
import type { Db } from '../db/db.ts';
import { within } from '../within.ts';

/** How long a database that is there may take to say so, in milliseconds. */
const patienceMs = 1_000;

/** Hits that the rollups still have to take in, and how long the oldest of them has waited. */
export type Backlog = { hits: number; seconds: number };

/**
 * Asks the database how it is, one question at a time: a database that hangs must not collect the connections of
 * everybody who asks after its health.
 */
export class DatabaseWatch {
  readonly #db: Db;
  #underWay: Promise<Backlog> | undefined;

  constructor(db: Db) {
    this.#db = db;
  }

  /** @returns what is pending, or undefined when the database does not answer within a second */
  async look(): Promise<Backlog | undefined> {
    this.#underWay ??= this.#ask().finally(() => {
      this.#underWay = undefined;
    });
    return within(patienceMs, this.#underWay).catch(() => undefined);
  }

  async #ask(): Promise<Backlog> {
    const { rows } = await this.#db.execute<Backlog>(sql`
select count(*)::int as hits,
       greatest(0, coalesce(extract(epoch from clock_timestamp() - min(clicked_at)), 0))::float as seconds
from clicks_pending`);
    return rows[0] ?? { hits: 0, seconds: 0 };
  }
}
