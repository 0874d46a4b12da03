import { setTimeout as sleep } from 'node:timers/promises';
import { CuttableConnection } from '../../ground/db/cuttable-connection.ts';
import { isRefused } from '../../ground/db/pg-errors.ts';
import type { Hit } from './hit.ts';
import { Batches } from './inbox.ts';
import { KnownShapes } from './known-shapes.ts';
import { partSpooled } from './late-hits.ts';
import type { Spool } from './spool.ts';

/** More hits than this wait for the next batch: it bounds the statement, and what one failure can touch. */
const maxBatch = 2_000;

/** How long a batch of the spool may take, in milliseconds; nobody waits for it. */
const drainMs = 10_000;

/** Pause between two tries to reach a database that is away, in milliseconds; up to twice that, so that nodes spread. */
const probeMs = 200;

/** How often we look whether somebody left a spool behind, in milliseconds. */
const tendMs = 20_000;

/** How long a stop waits for the spool to drain, in milliseconds. */
const farewellMs = 5_000;

/** Visits of which no hit can be made are told of at most this often, in milliseconds: all of a link's may be such. */
const unreadNewsMs = 60_000;

/** The fate of a hit: in Postgres, on our disk until Postgres is back, or nowhere, because the disk refused too. */
export type Outcome = 'committed' | 'spooled' | 'lost';

export type RecorderParts = {
  databaseUrl: string;
  spool: Spool;
  /** How long a visitor waits for Postgres before the spool takes the hit, in milliseconds. */
  budgetMs: number;
  /** How many days single hits are kept; null for ever. */
  retentionDays: number | null;
  onEvent: (event: RecorderEvent) => void;
};

/** An event for metrics and the log. */
export type RecorderEvent =
  | { kind: 'batch'; hits: number; ms: number }
  | { kind: 'kept'; hits: number; outcome: Exclude<Outcome, 'committed'> }
  /** A hit that could not be read from its visit; not each is news. */
  | { kind: 'unread'; error: unknown; isNews: boolean }
  | { kind: 'away'; error: unknown }
  | { kind: 'back' }
  /** A batch of the spool is in the database; `emptied` sums all of them up, when the drain has come to its end. */
  | { kind: 'drained' | 'emptied'; hits: number }
  /** Hits of the spool that cannot be recorded any more are set aside. */
  | { kind: 'refused'; hits: number; error: unknown }
  /** Lines of the spool were broken. */
  | { kind: 'torn'; hits: number }
  | { kind: 'problem'; error: unknown };

type Batch = { entries: readonly Waiting[]; kept: Promise<Outcome> };

type Waiting = { hit: Hit; resolve: (outcome: Outcome) => void };

/**
 * Group commit: hits that are in flight together share one statement on a connection of its own, one batch under way at
 * a time; the next forms while it commits. There is no delay to wait for company: it would halve the rate.
 *
 * When a batch is not committed within the budget its hits go to the spool, and so do those that follow, until the
 * database takes them again; the spool drains between live batches. Whether a batch that we gave up on was committed
 * does not matter: every hit had its id before, and recording it again changes nothing.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #tending: NodeJS.Timeout;
  #shapes = new KnownShapes();
  #waiting: Waiting[] = [];
  #underWay: Promise<void> | undefined;
  #connection: CuttableConnection | undefined;
  readonly #connect = () => (this.#connection = new CuttableConnection(this.#parts.databaseUrl, 'waymark clicks'));
  #isAway = false;
  #recovery: Promise<void> | undefined;
  #isClosing = false;
  /** By a clock that never jumps. */
  #unreadToldAt = Number.NEGATIVE_INFINITY;
  /** Hits that the drain under way has brought to the database. */
  #drained = 0;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#connect(); // before others take the last place
    this.#tending = setInterval(() => void this.#tend(), tendMs).unref();
    void this.#tend();
  }

  /** Resolves when the hit is safe, or lost beyond help; it never rejects, so that every visitor is sent on. */
  record(hit: Hit): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ hit, resolve });
      this.#underWay ??= this.#next();
    });
  }

  /** Counts a hit that could not be read from its visit, and is lost. */
  lose(error: unknown): void {
    const now = performance.now();
    const isNews = now - this.#unreadToldAt >= unreadNewsMs;
    if (isNews) this.#unreadToldAt = now;
    this.#parts.onEvent({ kind: 'unread', error, isNews });
  }

  get isDatabaseAway(): boolean {
    return this.#isAway;
  }

  /**
   * Commits or spools what waits, drains the spool while a few seconds last, and lets go of the connection. What is
   * spooled after that stays for the next start.
   */
  async close(): Promise<void> {
    for (let last = this.#underWay; last; last = this.#underWay) await last;
    clearInterval(this.#tending);
    if (!this.#isAway) await Promise.race([this.#recovery, sleep(farewellMs, undefined, { ref: false })]);
    this.#isClosing = true;
    this.#disconnect();
    await this.#recovery;
    await this.#parts.spool.close();
  }

  /** Batch after batch, until nobody waits. The next is on its way before the visitors of the last one are answered. */
  async #next(): Promise<void> {
    await new Promise(setImmediate);
    for (let batch = this.#send(); batch; ) {
      const outcome = await batch.kept;
      const following = this.#send();
      for (const entry of batch.entries) entry.resolve(outcome);
      batch = following;
    }
    this.#underWay = undefined;
  }

  #send(): Batch | undefined {
    const entries = this.#waiting.splice(0, maxBatch);
    return entries.length === 0 ? undefined : { entries, kept: this.#keep(entries.map((entry) => entry.hit)) };
  }

  async #keep(hits: readonly Hit[]): Promise<Outcome> {
    if (!this.#isAway && (await this.#isCommitted(hits))) return 'committed';
    try {
      await this.#parts.spool.append(hits);
      this.#parts.onEvent({ kind: 'kept', hits: hits.length, outcome: 'spooled' });
      return 'spooled';
    } catch (error) {
      this.#parts.onEvent({ kind: 'problem', error });
      this.#parts.onEvent({ kind: 'kept', hits: hits.length, outcome: 'lost' });
      return 'lost';
    } finally {
      this.#drain();
    }
  }

  async #isCommitted(hits: readonly Hit[]): Promise<boolean> {
    const startedAt = performance.now();
    try {
      await this.#commitWithin(hits, this.#parts.budgetMs);
      this.#parts.onEvent({ kind: 'batch', hits: hits.length, ms: performance.now() - startedAt });
      return true;
    } catch (error) {
      // Refused: the database is there, and the drain will find the hit that is at fault.
      this.#isAway = !isRefused(error);
      this.#parts.onEvent({ kind: this.#isAway ? 'away' : 'problem', error });
      return false;
    }
  }

  /** Commits, on a new connection where the old one broke, as often as the budget allows. */
  async #commitWithin(hits: readonly Hit[], budgetMs: number): Promise<void> {
    const giveUpAt = performance.now() + budgetMs;
    const batches = new Batches(hits);
    for (let pauseMs = 10; ; pauseMs *= 2) {
      try {
        return await this.#commit(batches, hits, giveUpAt - performance.now());
      } catch (error) {
        if (isRefused(error) || performance.now() + pauseMs >= giveUpAt) throw error;
        this.#parts.onEvent({ kind: 'problem', error });
      }
      await sleep(pauseMs);
      // The first try may have been committed, and moved meanwhile.
      batches.isRepeat = true;
    }
  }

  async #commit(batches: Batches, hits: readonly Hit[], withinMs: number): Promise<void> {
    const shapes = this.#shapes.unknownOf(hits);
    const connection = this.#connection ?? this.#connect();
    try {
      await connection.query(batches.statement(shapes), withinMs);
    } catch (error) {
      if (this.#connection === connection && !isRefused(error)) this.#disconnect();
      throw error;
    }
    this.#shapes.remember(shapes);
  }

  #disconnect(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
    // After a failover the next server may not know all that this one was told.
    this.#shapes = new KnownShapes();
  }

  /** Looks after the spool; what others left there is drained. */
  async #tend(): Promise<void> {
    try {
      await this.#parts.spool.tend();
    } catch (error) {
      this.#parts.onEvent({ kind: 'problem', error });
    }
    if (this.#parts.spool.depth().hits > 0) this.#drain();
  }

  #drain(): void {
    if (!this.#isClosing) this.#recovery ??= this.#recover();
  }

  /** Until the database takes hits again and nothing is spooled. Live batches take turns with it on one connection. */
  async #recover(): Promise<void> {
    const { spool } = this.#parts;
    const onTorn = (hits: number) => this.#parts.onEvent({ kind: 'torn', hits });
    while (!this.#isClosing) {
      try {
        // After the disk refused every hit, or hung, an empty batch shows whether the database takes any.
        if (this.#isAway && (spool.depth().hits === 0 || spool.isHanging)) await this.#handOver([]);
        if (!spool.isHanging) await spool.drain((hits) => this.#handOverKept(hits), onTorn);
        if (!this.#isAway && spool.depth().hits === 0) break;
      } catch (error) {
        if (!this.#isAway && !this.#isClosing) this.#parts.onEvent({ kind: 'problem', error });
      }
      await sleep(probeMs * (1 + Math.random()));
    }
    if (this.#drained > 0) this.#parts.onEvent({ kind: 'emptied', hits: this.#drained });
    this.#drained = 0;
    this.#recovery = undefined;
  }

  async #handOverKept(hits: readonly Hit[]): Promise<void> {
    const { kept, old, broken } = partSpooled(hits, this.#parts.retentionDays, new Date());
    await this.#handOver(kept);
    if (old.length > 0) await this.#setAside(old, new Error('They are older than RETENTION_DAYS keeps hits.'));
    if (broken.length > 0) await this.#setAside(broken, new Error('They lack what every hit has.'));
  }

  /** Commits hits of the spool. One that the database refuses is found by halving and set aside. */
  async #handOver(hits: readonly Hit[]): Promise<void> {
    if (this.#isClosing) throw new Error('the server stops');
    try {
      await this.#commit(new Batches(hits, { isRepeat: true }), hits, drainMs);
    } catch (error) {
      if (!isRefused(error)) throw error;
      return this.#handOverRefused(hits, error);
    }
    this.#comeBack();
    if (hits.length === 0) return;
    this.#drained += hits.length;
    this.#parts.onEvent({ kind: 'drained', hits: hits.length });
  }

  async #handOverRefused(hits: readonly Hit[], error: unknown): Promise<void> {
    this.#comeBack();
    if (hits.length > 1) {
      const half = Math.ceil(hits.length / 2);
      await this.#handOver(hits.slice(0, half));
      await this.#handOver(hits.slice(half));
      return;
    }
    await this.#setAside(hits, error);
  }

  async #setAside(hits: readonly Hit[], error: unknown): Promise<void> {
    try {
      const fresh = await this.#parts.spool.setAside(hits);
      if (fresh > 0) this.#parts.onEvent({ kind: 'refused', hits: fresh, error });
    } catch (diskError) {
      this.#parts.onEvent({ kind: 'problem', error: diskError });
      this.#parts.onEvent({ kind: 'kept', hits: hits.length, outcome: 'lost' });
    }
  }

  #comeBack(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#parts.onEvent({ kind: 'back' });
  }
}
