import { randomBytes } from 'node:crypto';
import { lt, sql } from 'drizzle-orm';
import type { Db } from '../../ground/db/db.ts';
import { visitorSalts } from '../../ground/db/schema.ts';
import { DAY, isoDay } from '../../ground/time/zoned-time.ts';

/** How long a day's salt is kept after that day began in UTC. The day itself lasts until 12:00 UTC of the next (UTC-12). */
const keptDays = 2;

const firstKeptDay = (now: Date) => isoDay(new Date(now.getTime() - (keptDays - 1) * DAY));

/**
 * The salts of the days that are today somewhere on Earth, and of the next two, in memory: the redirect never waits for
 * one, and a database that is away at midnight does not stop the counting. All nodes share them through the database.
 */
export class Salts {
  #byDay = new Map<string, string>();

  /** @returns the day's salt, or undefined when that day is neither today nor near it. */
  saltOf(day: string): string | undefined {
    return this.#byDay.get(day);
  }

  /** Forgets the salts whose time is over, in memory only: that must not wait for a database that is away. */
  forget(now: Date): void {
    for (const day of this.#byDay.keys()) if (day < firstKeptDay(now)) this.#byDay.delete(day);
  }

  /** Makes the salts that are missing, forgets the ones whose time is over, here and in the database. */
  async renew(db: Db, now: Date): Promise<void> {
    this.forget(now);
    const days = [-1, 0, 1, 2].map((offset) => isoDay(new Date(now.getTime() + offset * DAY)));
    await db.delete(visitorSalts).where(lt(visitorSalts.day, firstKeptDay(now)));
    await db
      .insert(visitorSalts)
      .values(days.map((day) => ({ day, salt: randomBytes(16) })))
      .onConflictDoNothing();
    const rows = await db.select().from(visitorSalts).where(sql`${visitorSalts.day} >= ${days[0]}`);
    this.#byDay = new Map(rows.map((row) => [row.day, row.salt.toString('base64url')]));
  }
}
