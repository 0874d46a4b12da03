import { setTimeout as sleep } from 'node:timers/promises';
import { CuttableConnection } from '../db/cuttable-connection.ts';
import { batchParameters, KnownVisitors, recordHits } from './batch.ts';
import type { Hit } from './hit.ts';
import type { Spool } from './spool.ts';

/** More hits than this wait for the next batch: it bounds the statement, and what one failure can touch. */
const maxBatch = 2_000;

/** How many visitors a node remembers as recorded; about 100 bytes each. */
const knownVisitors = 200_000;

/** Pause between two looks for a database that is away, in milliseconds. */
const probeMs = 200;

/** What became of a hit: in Postgres, on our disk until Postgres is back, or nowhere, because the disk refused too. */
export type Outcome = 'committed' | 'spooled' | 'lost';

export type RecorderParts = {
  databaseUrl: string;
  spool: Spool;
  /** How long a visitor waits for Postgres before the spool takes the hit, in milliseconds. */
  budgetMs: number;
  onEvent: (event: RecorderEvent) => void;
};

/** What an operator wants to know, for metrics and the log. */
export type RecorderEvent =
  | { kind: 'batch'; hits: number; ms: number }
  | { kind: 'kept'; hits: number; outcome: Exclude<Outcome, 'committed'> }
  | { kind: 'away'; error: unknown }
  | { kind: 'back' }
  | { kind: 'drained'; hits: number }
  | { kind: 'problem'; error: unknown };

type Waiting = { hit: Hit; resolve: (outcome: Outcome) => void };

/**
 * Group commit: hits that are in flight together share one statement on a connection of its own, one batch under way at
 * a time; the next forms while it commits. There is no delay to wait for company: it would halve the rate.
 *
 * When a batch is not committed within the budget its hits go to the spool, and so do those that follow, until the
 * database answers again; then the spool drains between live batches. Whether a batch that we gave up on was committed
 * does not matter: every hit had its id before, and recording it again changes nothing.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #known = new KnownVisitors(knownVisitors);
  #waiting: Waiting[] = [];
  #underWay: Promise<void> | undefined;
  #connection: CuttableConnection | undefined;
  #isAway = false;
  #recovery: Promise<void> | undefined;
  #isClosing = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    if (parts.spool.depth().hits > 0) this.drainSpool();
  }

  /** Resolves when the hit is safe, or lost beyond help; it never rejects, so that every visitor is sent on. */
  record(hit: Hit): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ hit, resolve });
      this.#underWay ??= this.#next();
    });
  }

  get isDatabaseAway(): boolean {
    return this.#isAway;
  }

  /** Hands over what waits in the spool, unless that is under way. */
  drainSpool(): void {
    this.#recovery ??= this.#recover().finally(() => {
      this.#recovery = undefined;
    });
  }

  /** Commits or spools what waits, then lets go of the connection. What is spooled stays for the next start. */
  async close(): Promise<void> {
    for (let last = this.#underWay; last; last = this.#underWay) await last;
    this.#isClosing = true;
    await this.#recovery;
    this.#connection?.destroy();
    await this.#parts.spool.close();
  }

  async #next(): Promise<void> {
    await new Promise(setImmediate);
    const batch = this.#waiting.splice(0, maxBatch);
    const outcome = await this.#keep(batch.map((entry) => entry.hit));
    for (const entry of batch) entry.resolve(outcome);
    this.#underWay = this.#waiting.length > 0 ? this.#next() : undefined;
  }

  async #keep(hits: readonly Hit[]): Promise<Outcome> {
    if (!this.#isAway) {
      const startedAt = performance.now();
      try {
        await this.#commitWithin(hits, this.#parts.budgetMs);
        this.#parts.onEvent({ kind: 'batch', hits: hits.length, ms: performance.now() - startedAt });
        return 'committed';
      } catch (error) {
        this.#goAway(error);
      }
    }
    try {
      await this.#parts.spool.append(hits);
      this.#parts.onEvent({ kind: 'kept', hits: hits.length, outcome: 'spooled' });
      return 'spooled';
    } catch (error) {
      this.#parts.onEvent({ kind: 'problem', error });
      this.#parts.onEvent({ kind: 'kept', hits: hits.length, outcome: 'lost' });
      return 'lost';
    }
  }

  /** Commits, on a new connection where the old one broke, as often as the budget allows. */
  async #commitWithin(hits: readonly Hit[], budgetMs: number): Promise<void> {
    const giveUpAt = performance.now() + budgetMs;
    for (;;) {
      const timer = setTimeout(() => this.#disconnect(), giveUpAt - performance.now());
      try {
        return await this.#commit(hits);
      } catch (error) {
        this.#disconnect();
        if (performance.now() + 10 >= giveUpAt) throw error;
        this.#parts.onEvent({ kind: 'problem', error });
      } finally {
        clearTimeout(timer);
      }
      await sleep(10);
    }
  }

  async #commit(hits: readonly Hit[]): Promise<void> {
    const sightings = this.#known.unknownOf(hits);
    this.#connection ??= new CuttableConnection(this.#parts.databaseUrl);
    await this.#connection.query({ ...recordHits, values: batchParameters(hits, sightings) });
    this.#known.remember(sightings);
  }

  #disconnect(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #goAway(error: unknown): void {
    this.#isAway = true;
    this.#parts.onEvent({ kind: 'away', error });
    this.drainSpool();
  }

  /** Waits for the database, then drains; live batches take turns with it on the same connection. */
  async #recover(): Promise<void> {
    while (!this.#isClosing) {
      try {
        if (this.#isAway) await this.#comeBack();
        await this.#parts.spool.drain(async (hits) => {
          if (this.#isClosing) throw new Error('the server stops');
          await this.#commit(hits);
          this.#parts.onEvent({ kind: 'drained', hits: hits.length });
        });
        if (this.#parts.spool.depth().hits === 0) return;
      } catch (error) {
        if (!this.#isAway && !this.#isClosing) this.#parts.onEvent({ kind: 'problem', error });
      }
      await sleep(probeMs);
    }
  }

  async #comeBack(): Promise<void> {
    const connection = new CuttableConnection(this.#parts.databaseUrl);
    try {
      await connection.query({ text: 'select 1' });
    } catch (error) {
      connection.destroy();
      throw error;
    }
    this.#connection = connection;
    this.#isAway = false;
    this.#parts.onEvent({ kind: 'back' });
  }
}
