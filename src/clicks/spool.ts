import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import {
  access,
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  unlink,
  utimes,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Hit } from './hit.ts';

/** A file takes this many hits, about 3 MB; it is read whole when it is drained. */
const hitsPerSegment = 5_000;

/** How many hits go to the database at once when it is back: live clicks wait behind one such batch at most. */
const drainBatch = 500;

/** A file that nobody tended for so long has no owner, in milliseconds. */
const abandonedAfterMs = 60_000;

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
  /** Not the process number alone: in a container it is the same after each restart. */
  readonly #mark = `${hostname()}~${process.pid}~${randomBytes(4).toString('hex')}~`;
  readonly #segments = new Map<string, Segment>();
  #current: OpenSegment | undefined;
  #count = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** `directory` is made when it is not there. What earlier processes left is found by `tend`. */
  constructor(directory: string, onProblem: (sentence: string, error?: unknown) => void) {
    this.#directory = directory;
    this.#onProblem = onProblem;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      onProblem('the spool cannot be used: clicks will be lost while the database is away', error);
    }
  }

  /** How many hits wait, and since when. */
  depth(): SpoolDepth {
    let hits = 0;
    let oldest = Infinity;
    for (const segment of this.#segments.values()) {
      hits += segment.hits;
      oldest = Math.min(oldest, segment.begunAt);
    }
    return { hits, oldestAt: hits === 0 ? null : new Date(oldest) };
  }

  /**
   * Keeps hits; they are on the disk when this resolves.
   * @throws when the disk is full, read-only or away; none of these hits is kept then
   */
  append(hits: readonly Hit[]): Promise<void> {
    return this.#inTurn(() => this.#append(hits));
  }

  /**
   * Hands everything that waits to `commit`, oldest first, and removes each file when all of it is committed.
   * @throws what `commit` throws; the rest waits on
   */
  async drain(commit: (hits: readonly Hit[]) => Promise<void>): Promise<void> {
    for (let segment = await this.#oldest(); segment; segment = await this.#oldest()) {
      const lines = await this.#read(segment);
      let torn = 0;
      for (let from = 0; from < lines.length; from += drainBatch) {
        const hits = lines.slice(from, from + drainBatch).map(hitOf);
        const whole = hits.filter((hit) => hit !== undefined);
        torn += hits.length - whole.length;
        if (whole.length > 0) await commit(whole);
      }
      if (this.#segments.delete(segment.file)) await this.#clearAway(segment, torn);
    }
  }

  /** Keeps a hit aside that the database refuses, for whoever wants to look: it must not hold up the others. */
  async setAside(hit: Hit): Promise<void> {
    await appendFile(join(this.#directory, `${this.#mark}refused.txt`), lineOf(hit), { mode: 0o600 });
  }

  /** Tells neighbours that our files have an owner, and takes over files whose owner is gone. */
  async tend(): Promise<void> {
    const now = new Date();
    for (const file of this.#segments.keys()) await utimes(this.#path(file), now, now).catch(() => {});
    for (const file of await readdir(this.#directory)) {
      if (file.endsWith('.spool') && (await this.#isOrphan(file))) await this.#adopt(file);
    }
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#finish());
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
      // What was written in part must not stand before the next good line.
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

  /** The lines of a file. One that cannot be read, or was taken over by a neighbour, is ours no more. */
  async #read({ file }: Segment): Promise<string[]> {
    try {
      return (await readFile(this.#path(file), 'utf8')).split('\n').filter((line) => line !== '');
    } catch (error) {
      this.#segments.delete(file);
      if (!isMissing(error)) this.#onProblem(`${file} of the spool cannot be read; it stays for the next start`, error);
      return [];
    }
  }

  /** What is torn was never acknowledged; its file is kept for whoever wants to look. That takes no room on the disk. */
  async #clearAway({ file }: Segment, torn: number): Promise<void> {
    try {
      if (torn === 0) return await unlink(this.#path(file));
      await rename(this.#path(file), this.#path(`${file}.torn`));
      this.#onProblem(`${torn} broken lines of the spool are kept in ${file}.torn; the others are in the database`);
    } catch (error) {
      if (!isMissing(error)) this.#onProblem(`${file} of the spool is in the database and cannot be removed`, error);
    }
  }

  async #isOrphan(file: string): Promise<boolean> {
    if (file.startsWith(this.#mark)) return false;
    const [host, pid] = file.split('~');
    if (host === hostname() && (Number(pid) === process.pid || !isAlive(Number(pid)))) return true;
    const state = await stat(this.#path(file)).catch(() => undefined);
    return state !== undefined && Date.now() - state.mtimeMs > abandonedAfterMs;
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

function lineOf(hit: Hit): string {
  const json = JSON.stringify(hit);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

function hitOf(line: string): Hit | undefined {
  const json = line.slice(9);
  if (line[8] !== ' ' || crc32(json) !== Number.parseInt(line.slice(0, 8), 16)) return undefined;
  return JSON.parse(json) as Hit;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** A new file survives a power cut only when its directory is synced too. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().catch(() => {}); // Windows cannot
  await handle.close();
}
