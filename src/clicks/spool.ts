import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Hit } from './hit.ts';

/** A file takes this many hits, about 3 MB; it is read whole when it is drained. */
const hitsPerSegment = 5_000;

/** How many hits go to the database at once when it is back: live clicks wait behind one such batch at most. */
const drainBatch = 500;

/** A neighbour's file that nobody touched for so long is an orphan's, in milliseconds; owners touch theirs all the time. */
const abandonedAfterMs = 60_000;

export type SpoolDepth = { hits: number; oldestAt: Date | null };

/** One file of the spool. Its name says whose it is and when it was begun: `<host>~<pid>~<ms>~<count>.spool`. */
type Segment = { file: string; hits: number; begunAt: number };

/** The file that is being written; `size` is where its last whole line ends, in bytes. */
type OpenSegment = { segment: Segment; handle: FileHandle; size: number };

/**
 * Where clicks wait while Postgres is away: files below DATA_DIR, a checksum and a JSON record a line, synced to the disk
 * before the visitor leaves. Draining may repeat what it did before a crash, because a hit has its id from the start.
 */
export class Spool {
  readonly #directory: string;
  readonly #onProblem: (sentence: string, error?: unknown) => void;
  readonly #segments = new Map<string, Segment>();
  readonly #mark = `${hostname()}~${process.pid}~`;
  readonly #startedAt = Date.now();
  #current: OpenSegment | undefined;
  #count = 0;

  /** Opens the spool and takes over what earlier processes left. `directory` is made when it is not there. */
  constructor(directory: string, onProblem: (sentence: string, error?: unknown) => void) {
    this.#directory = directory;
    this.#onProblem = onProblem;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.adoptOrphans();
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
   * Keeps hits; they are on the disk when this resolves. One call at a time.
   * @throws when the disk is full, read-only or away; none of these hits is kept then
   */
  async append(hits: readonly Hit[]): Promise<void> {
    const bytes = Buffer.from(hits.map(lineOf).join(''));
    const current = this.#current ?? (await this.#begin());
    try {
      await current.handle.appendFile(bytes);
      await current.handle.datasync();
      const { nlink } = await current.handle.stat();
      if (nlink === 0) throw new Error(`${current.segment.file} was taken away`);
    } catch (error) {
      // What was written in part must not stand before the next good line.
      await current.handle.truncate(current.size).catch(() => {});
      await this.#finish();
      throw error;
    }
    current.size += bytes.length;
    current.segment.hits += hits.length;
    this.#segments.set(current.segment.file, current.segment);
    if (current.segment.hits >= hitsPerSegment) await this.#finish();
  }

  /**
   * Hands everything that waits to `commit`, oldest first, and removes each file when all of it is committed.
   * @throws what `commit` throws; the rest waits on
   */
  async drain(commit: (hits: readonly Hit[]) => Promise<void>): Promise<void> {
    await this.#finish();
    for (const segment of [...this.#segments.values()].toSorted((a, b) => a.begunAt - b.begunAt)) {
      const hits = await this.#read(segment.file);
      for (let from = 0; from < hits.length; from += drainBatch) await commit(hits.slice(from, from + drainBatch));
      await unlink(join(this.#directory, segment.file));
      this.#segments.delete(segment.file);
    }
  }

  /** Takes over the files of processes that are gone. */
  adoptOrphans(): void {
    for (const file of readdirSync(this.#directory)) {
      const [host, pid, begunAt] = file.split('~');
      if (
        !file.endsWith('.spool') ||
        this.#segments.has(file) ||
        !this.#isOrphan(file, host, Number(pid), Number(begunAt))
      ) {
        continue;
      }
      const lines = readFileSync(join(this.#directory, file)).filter((byte) => byte === 0x0a).length;
      this.#segments.set(file, { file, hits: lines, begunAt: Number(begunAt) });
    }
  }

  /** Tells neighbours that these files have an owner. */
  async touch(): Promise<void> {
    const now = new Date();
    for (const file of this.#segments.keys()) await utimes(join(this.#directory, file), now, now).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#finish();
  }

  #isOrphan(file: string, host: string | undefined, pid: number, begunAt: number): boolean {
    if (host === hostname()) {
      if (pid === process.pid) return begunAt < this.#startedAt;
      if (!isAlive(pid)) return true;
    }
    return Date.now() - statSync(join(this.#directory, file)).mtimeMs > abandonedAfterMs;
  }

  async #begin(): Promise<OpenSegment> {
    const begunAt = Date.now();
    const segment = { file: `${this.#mark}${begunAt}~${++this.#count}.spool`, hits: 0, begunAt };
    const handle = await open(join(this.#directory, segment.file), 'ax', 0o600);
    this.#current = { segment, handle, size: 0 };
    await syncDirectory(this.#directory);
    return this.#current;
  }

  async #finish(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.handle.close().catch(() => {});
    if (current?.segment.hits === 0) await unlink(join(this.#directory, current.segment.file)).catch(() => {});
  }

  /** The whole lines of a file. What is torn was never acknowledged; it is kept aside for whoever wants to look. */
  async #read(file: string): Promise<Hit[]> {
    const path = join(this.#directory, file);
    const lines = readFileSync(path, 'utf8').split('\n');
    const hits: Hit[] = [];
    const torn: string[] = [];
    for (const line of lines) {
      const hit = hitOf(line);
      if (hit) hits.push(hit);
      else if (line !== '') torn.push(line);
    }
    if (torn.length > 0) {
      await writeFile(`${path}.torn.tmp`, torn.join('\n'), { mode: 0o600 });
      await rename(`${path}.torn.tmp`, `${path}.torn`);
      this.#onProblem(`${torn.length} broken lines of the spool are kept in ${path}.torn`);
    }
    return hits;
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

/** A new file survives a power cut only when its directory is synced too. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().catch(() => {}); // Windows cannot
  await handle.close();
}
