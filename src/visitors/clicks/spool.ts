import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DAY, isoDay } from '../../ground/time/zoned-time.ts';
import type { Hit } from './hit.ts';
import { TimeLimit } from './patience.ts';
import { checkRoom, hitOf, isAlive, isMissing, isOlder, isThere, lineOf, syncDirectory } from './spool-file.ts';

/** A file takes this many hits, about 3 MB; it is read whole when it is drained. */
const hitsPerSegment = 5_000;

/** How many hits go to the database at once when it is back: live clicks wait behind one such batch at most. */
const drainBatch = 500;

/** A file that nobody tended for so long has no owner, in milliseconds. */
const abandonedAfterMs = 60_000;

/** How long a step on the disk may take, in milliseconds; visitors wait for it. */
const diskPatienceMs = 1_000;

/** How long broken lines and refused hits are kept for whoever wants to look, in milliseconds: they hold pseudonyms. */
const asideMs = 30 * DAY;

export type SpoolDepth = { hits: number; oldestAt: Date | null };

/** One file of the spool: `<host>~<pid>~<token>~<ms since 1970>~<count>.spool`, whose it is and when it was begun. */
type Segment = { file: string; hits: number; begunAt: number };

/** The file that is being written; `size` is where its last whole line ends, in bytes. */
type OpenSegment = Segment & { handle: FileHandle; size: number };

/**
 * Where clicks wait while Postgres is away: files below DATA_DIR, a checksum and a JSON record a line, synced to the disk
 * before the visitor leaves. Draining may repeat what it did before a crash, because a hit has its id from the start.
 *
 * Several processes may share the directory. Who takes over a file renames it first and reads it then; who writes looks
 * after each write whether the file still has its name. So no line is lost, even if an owner was given up too early.
 */
export class Spool {
  readonly #directory: string;
  readonly #onProblem: (sentence: string, error?: unknown) => void;
  readonly #reserveBytes: number;
  readonly #writing = new TimeLimit(diskPatienceMs);
  readonly #draining = new TimeLimit(diskPatienceMs);
  /** Not the process number alone: in a container it is the same after each restart. */
  readonly #mark = `${hostname()}~${process.pid}~${randomBytes(4).toString('hex')}~`;
  readonly #segments = new Map<string, Segment>();
  #current: OpenSegment | undefined;
  #count = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #tending: Promise<void> | undefined;
  /** Ids of the hits that were set aside of the file that is being drained: an interrupted drain brings them again. */
  readonly #aside = new Set<number>();

  /**
   * `directory` is made when it is not there. Files that earlier processes left are found by `tend`.
   * @param reserveBytes free space on its disk that is left to others, by some 3 MB
   */
  constructor(directory: string, onProblem: (sentence: string, error?: unknown) => void, reserveBytes = 0) {
    this.#directory = directory;
    this.#onProblem = onProblem;
    this.#reserveBytes = reserveBytes;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      onProblem('the spool cannot be used: clicks will be lost while the database is away', error);
    }
  }

  /** How many hits wait, and since when. */
  depth(): SpoolDepth {
    const segments = [...this.#segments.values()];
    const hits = segments.reduce((sum, segment) => sum + segment.hits, 0);
    const oldest = Math.min(...segments.map(({ begunAt }) => begunAt));
    return { hits, oldestAt: hits === 0 ? null : new Date(oldest) };
  }

  /** True while the disk has not answered for too long; what would wait for it throws at once. */
  get isHanging(): boolean {
    return this.#writing.isOver || this.#draining.isOver;
  }

  /**
   * Keeps hits; they are on the disk when this resolves.
   * @throws when the disk is full, read-only or away, and none of these hits is kept; or when it hangs, and they may be
   *   kept later
   */
  append(hits: readonly Hit[]): Promise<void> {
    return this.#writing.wait(() => this.#inTurn(() => this.#append(hits)));
  }

  /**
   * Hands everything that waits to `commit`, oldest first, and removes each file when all of it is committed.
   * @param onTorn is told of lines that are no hits any more
   * @throws what `commit` throws, or that the disk hangs; the rest waits on
   */
  async drain(commit: (hits: readonly Hit[]) => Promise<void>, onTorn: (lines: number) => void): Promise<void> {
    const next = () => this.#writing.wait(() => this.#oldest());
    for (let segment = await next(); segment; segment = await next()) {
      const { file } = segment;
      const lines = await this.#draining.wait(() => this.#read(file));
      const torn: string[] = [];
      for (let from = 0; from < lines.length; from += drainBatch) {
        const hits: Hit[] = [];
        for (const line of lines.slice(from, from + drainBatch)) {
          const hit = hitOf(line);
          if (hit) hits.push(hit);
          else torn.push(line);
        }
        if (hits.length > 0) await commit(hits);
      }
      if (!this.#segments.has(file)) continue;
      await this.#draining.wait(() => this.#clearAway(file, torn));
      // Not before it is cleared away: `tend` takes up what is ours and not among them.
      this.#segments.delete(file);
      this.#aside.clear();
      if (torn.length > 0) onTorn(torn.length);
    }
  }

  /**
   * Keeps hits aside that must not be in the database, for whoever wants to look: they must not hold up the others.
   * @returns how many of them were not aside already
   * @throws when the disk is full, read-only or away, or hangs
   */
  async setAside(hits: readonly Hit[]): Promise<number> {
    const fresh = hits.filter((hit) => !this.#aside.has(hit.id));
    for (const hit of fresh) this.#aside.add(hit.id);
    const path = this.#path(`${this.#mark}${isoDay(new Date())}~refused.txt`);
    const text = fresh.map(lineOf).join('');
    if (text !== '') await this.#draining.wait(() => appendFile(path, text, { mode: 0o600, flush: true }));
    return fresh.length;
  }

  /**
   * Tells neighbours that our files have an owner, takes over files whose owner is gone, takes up again those of ours that
   * could not be read, and removes what was kept aside for long enough.
   */
  tend(): Promise<void> {
    this.#tending ??= this.#tend().finally(() => (this.#tending = undefined));
    return this.#tending;
  }

  /** Ends what is under way: afterwards nothing reads or writes the directory. @throws when the disk hangs */
  close(): Promise<void> {
    return this.#writing.wait(async () => {
      await this.#tending?.catch(() => {});
      await this.#inTurn(() => this.#finish());
    });
  }

  async #tend(): Promise<void> {
    const now = new Date();
    for (const file of this.#segments.keys()) await utimes(this.#path(file), now, now).catch(() => {});
    for (const file of await readdir(this.#directory)) {
      if (/\.torn$|refused\.txt$/.test(file)) {
        if (await isOlder(this.#path(file), asideMs)) await unlink(this.#path(file));
      } else if (file.endsWith('.spool') && (await this.#isOrphan(file))) await this.#adopt(file);
    }
  }

  /** One at a time: the file that is being written must not be closed meanwhile. */
  #inTurn<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(step);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #append(hits: readonly Hit[]): Promise<void> {
    const bytes = Buffer.from(hits.map(lineOf).join(''));
    let segment = await this.#write(bytes);
    // A neighbour took this file over, perhaps before it had our lines.
    if (!(await isThere(this.#path(segment.file)))) {
      await this.#finish();
      this.#segments.delete(segment.file);
      segment = await this.#write(bytes);
    }
    segment.hits += hits.length;
    this.#segments.set(segment.file, segment);
    if (segment.hits >= hitsPerSegment) await this.#finish();
  }

  async #write(bytes: Buffer): Promise<OpenSegment> {
    this.#current ??= await this.#begin();
    const segment = this.#current;
    try {
      await segment.handle.appendFile(bytes);
      await segment.handle.datasync();
    } catch (error) {
      // A line that was written in part must not stand before the next good one.
      await segment.handle.truncate(segment.size).catch(() => {});
      await this.#finish();
      throw error;
    }
    segment.size += bytes.length;
    return segment;
  }

  async #begin(): Promise<OpenSegment> {
    const begunAt = Date.now();
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await checkRoom(this.#directory, this.#reserveBytes);
    const file = this.#newName(begunAt);
    const handle = await open(this.#path(file), 'ax', 0o600);
    try {
      await syncDirectory(this.#directory);
    } catch (error) {
      await handle.close();
      await unlink(this.#path(file)).catch(() => {});
      throw error;
    }
    return { file, begunAt, hits: 0, handle, size: 0 };
  }

  /** The file to drain next. The one that is being written comes last, and is finished for that. */
  #oldest(): Promise<Segment | undefined> {
    return this.#inTurn(async () => {
      const finished = [...this.#segments.values()].filter((segment) => segment !== this.#current);
      if (finished.length > 0) return finished.reduce((a, b) => (b.begunAt < a.begunAt ? b : a));
      const segment = this.#current;
      await this.#finish();
      return segment;
    });
  }

  async #finish(): Promise<void> {
    const segment = this.#current;
    this.#current = undefined;
    await segment?.handle.close().catch(() => {});
    if (segment?.hits === 0) await unlink(this.#path(segment.file)).catch(() => {});
  }

  /** The lines of a file. One that cannot be read is left to `tend`, one that a neighbour took over to that neighbour. */
  async #read(file: string): Promise<string[]> {
    try {
      return (await readFile(this.#path(file), 'utf8')).split('\n').filter((line) => line !== '');
    } catch (error) {
      this.#segments.delete(file);
      if (!isMissing(error)) this.#onProblem(`${file} of the spool cannot be read; it will be tried again`, error);
      return [];
    }
  }

  /** Of a torn file the broken lines are kept. It is renamed first, because a full disk has no room for another one. */
  async #clearAway(file: string, torn: readonly string[]): Promise<void> {
    try {
      if (torn.length === 0) return await unlink(this.#path(file));
      await rename(this.#path(file), this.#path(`${file}.torn`));
      await writeFile(this.#path(`${file}.torn`), torn.map((line) => `${line}\n`).join(''));
      this.#onProblem(
        `${torn.length} broken lines of the spool are kept in ${file}.torn; the others are in the database`,
      );
    } catch (error) {
      if (!isMissing(error)) this.#onProblem(`${file} of the spool is in the database and cannot be removed`, error);
    }
  }

  async #isOrphan(file: string): Promise<boolean> {
    // One that is being begun is among the segments when its turn is over.
    if (file.startsWith(this.#mark)) return this.#inTurn(async () => !this.#segments.has(file));
    const [host, pid] = file.split('~');
    if (host === hostname() && (Number(pid) === process.pid || !isAlive(Number(pid)))) return true;
    return isOlder(this.#path(file), abandonedAfterMs);
  }

  async #adopt(file: string): Promise<void> {
    const begunAt = Number(file.split('~')[3]) || Date.now();
    const mine = this.#newName(begunAt);
    try {
      await rename(this.#path(file), this.#path(mine));
      const lines = (await readFile(this.#path(mine), 'latin1')).split('\n');
      this.#segments.set(mine, { file: mine, hits: lines.length - 1, begunAt });
    } catch (error) {
      if (!isMissing(error)) this.#onProblem(`${file} of the spool cannot be taken over`, error);
    }
  }

  #newName(begunAt: number): string {
    return `${this.#mark}${begunAt}~${++this.#count}.spool`;
  }

  #path(file: string): string {
    return join(this.#directory, file);
  }
}
