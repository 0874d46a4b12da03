import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  truncateSync,
  utimesSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hit } from '../../../src/visitors/clicks/hit.ts';
import { Spool } from '../../../src/visitors/clicks/spool.ts';
import { makeHit } from '../../setup/hits.ts';
import { hangDisk, hangFile } from '../../setup/hung-disk.ts';

let directory: string;
let problems: string[];
let torn: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'waymark-spool-'));
  problems = [];
  torn = 0;
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((spool) => spool.close()));
  rmSync(directory, { recursive: true, force: true });
});

const opened: Spool[] = [];
function openSpool(reserveBytes?: number): Spool {
  const spool = new Spool(directory, (sentence) => problems.push(sentence), reserveBytes);
  opened.push(spool);
  return spool;
}

const someHits = (count: number, changes: Partial<Hit> = {}): Hit[] =>
  Array.from({ length: count }, () => makeHit({ workspaceId: 'w', linkId: 'l', city: 'Łódź "\\\n', ...changes }));

async function drained(spool: Spool): Promise<Hit[]> {
  const hits: Hit[] = [];
  await spool.drain(async (batch) => void hits.push(...batch), countTorn);
  return hits;
}

const countTorn = (lines: number) => void (torn += lines);

const files = () => readdirSync(directory);
const onlyFile = () => join(directory, files()[0] ?? '');

/** As if the process that owns the only file had died: a process number that nobody has. */
function orphan(host = hostname()): string {
  const pid = spawnSync('true').pid;
  const [, , token, begunAt, count] = (files()[0] ?? '').split('~');
  const file = join(directory, [host, pid, token, begunAt, count].join('~'));
  renameSync(onlyFile(), file);
  return file;
}

/** Hits of a process that died since, and their file. */
async function leftBehind(count: number): Promise<{ hits: Hit[]; file: string }> {
  const hits = someHits(count);
  await openSpool().append(hits);
  return { hits, file: orphan() };
}

/** A file cannot be read until the function that is given back is called, with the path that it has by then. */
function makeUnreadable(file: string): (path: string) => void {
  renameSync(file, `${file}.elsewhere`);
  mkdirSync(file);
  return (path) => {
    rmdirSync(path);
    renameSync(`${file}.elsewhere`, path);
  };
}

/** As if nobody had tended a file for so many milliseconds. */
function makeOld(file: string, milliseconds: number): void {
  const touchedAt = new Date(Date.now() - milliseconds);
  utimesSync(file, touchedAt, touchedAt);
}

describe('the spool', () => {
  it('gives back what it took, in order, and leaves no file', async () => {
    const spool = openSpool();
    const hits = someHits(1_200);
    await spool.append(hits.slice(0, 700));
    await spool.append(hits.slice(700));
    expect(spool.depth().hits).toBe(1_200);
    expect(await drained(spool)).toEqual(hits);
    expect(spool.depth()).toEqual({ hits: 0, oldestAt: null });
    expect(files()).toEqual([]);
  });

  it('takes hits while it is being drained, and loses none of them', async () => {
    const spool = openSpool();
    const hits = someHits(3_000);
    const seen: Hit[] = [];
    const written = new AbortController();
    const draining = (async () => {
      while (!written.signal.aborted || spool.depth().hits > 0)
        await spool.drain(async (batch) => void seen.push(...batch), countTorn);
    })();
    for (let from = 0; from < hits.length; from += 10) await spool.append(hits.slice(from, from + 10));
    written.abort();
    await draining;
    expect(seen).toEqual(hits);
    expect(files()).toEqual([]);
  });

  it('keeps everything when the database goes away again in the middle', async () => {
    const spool = openSpool();
    const hits = someHits(1_200);
    await spool.append(hits);
    let batches = 0;
    const failing = spool.drain(async () => {
      if (++batches === 2) throw new Error('away again');
    }, countTorn);
    await expect(failing).rejects.toThrow('away again');
    expect(await drained(spool)).toEqual(hits);
  });

  it('is taken over from a process that died', async () => {
    const { hits } = await leftBehind(10);
    const heir = openSpool();
    await heir.tend();
    expect(heir.depth().hits).toBe(10);
    expect(await drained(heir)).toEqual(hits);
    expect(files()).toEqual([]);
  });

  it('of a living neighbour is left alone, until nobody has tended it for a minute', async () => {
    const owner = openSpool();
    const hits = someHits(10);
    await owner.append(hits);
    const file = orphan('another-machine');
    const neighbour = openSpool();
    await neighbour.tend();
    expect(neighbour.depth().hits).toBe(0);
    makeOld(file, 61_000);
    await neighbour.tend();
    expect(await drained(neighbour)).toEqual(hits);
  });

  it('that was taken from its living owner loses nothing: the owner writes anew', async () => {
    const owner = openSpool();
    const neighbour = openSpool(); // the same process number, another token: taken for a predecessor
    const hits = someHits(30);
    await owner.append(hits.slice(0, 10));
    await neighbour.tend();
    expect(neighbour.depth().hits).toBe(10);
    await owner.append(hits.slice(10, 20));
    await owner.append(hits.slice(20));
    expect(new Set([...(await drained(neighbour)), ...(await drained(owner))].map((hit) => hit.id))).toEqual(
      new Set(hits.map((hit) => hit.id)),
    );
    expect(files()).toEqual([]);
  });

  it('whose owner finds its files taken when it drains does not mind', async () => {
    const owner = openSpool();
    await owner.append(someHits(10));
    const neighbour = openSpool();
    await neighbour.tend();
    expect(await drained(owner)).toEqual([]);
    expect(owner.depth().hits).toBe(0);
    expect(problems).toEqual([]);
  });
});

describe('a file that cannot be read once', () => {
  it('is drained later, when it is one of ours', async () => {
    const spool = openSpool();
    const hits = someHits(10);
    await spool.append(hits);
    const file = onlyFile();
    const restore = makeUnreadable(file);
    expect(await drained(spool)).toEqual([]);
    expect(problems).toEqual([expect.stringContaining('cannot be read')]);
    restore(file);
    await spool.tend();
    expect(spool.depth().hits).toBe(10);
    expect(await drained(spool)).toEqual(hits);
    expect(files()).toEqual([]);
  });

  it('is drained later, when it is being taken over from a process that died', async () => {
    const { hits, file } = await leftBehind(10);
    const restore = makeUnreadable(file);
    const heir = openSpool();
    await heir.tend();
    expect(problems).toEqual([expect.stringContaining('cannot be taken over')]);
    const taken = join(directory, files().find((name) => name.endsWith('.spool')) ?? '');
    expect(taken).not.toBe(file);
    restore(taken);
    await heir.tend();
    expect(await drained(heir)).toEqual(hits);
  });

  it('is never one that is being begun, or drained', async () => {
    const spool = openSpool();
    const hits = someHits(100);
    const seen: Hit[] = [];
    const written = new AbortController();
    const tending = (async () => {
      while (!written.signal.aborted) await spool.tend();
    })();
    for (const hit of hits) {
      await spool.append([hit]);
      await spool.drain(async (batch) => void seen.push(...batch), countTorn);
    }
    written.abort();
    await tending;
    expect(spool.depth().hits).toBe(0);
    expect(seen).toEqual(hits);
  });
});

describe('a torn file', () => {
  it('gives its whole lines, and the broken one alone is kept aside', async () => {
    const { hits, file } = await leftBehind(3);
    truncateSync(file, readFileSync(file).length - 20);
    const broken = readFileSync(file, 'utf8').split('\n').at(-1);
    const heir = openSpool();
    await heir.tend();
    expect(await drained(heir)).toEqual(hits.slice(0, 2));
    expect(torn).toBe(1);
    expect(files()).toEqual([expect.stringMatching(/\.spool\.torn$/)]);
    expect(readFileSync(onlyFile(), 'utf8')).toBe(`${broken}\n`);
    expect(problems).toEqual([expect.stringContaining('1 broken lines')]);
    expect(await drained(openSpool())).toEqual([]);
  });

  it('is no reason to believe a line whose bytes have changed', async () => {
    const spool = openSpool();
    const hits = someHits(3);
    await spool.append(hits);
    const file = onlyFile();
    const text = readFileSync(file, 'utf8').replace('"country":"DE"', '"country":"FR"');
    truncateSync(file, 0);
    appendFileSync(file, text);
    expect(await drained(spool)).toEqual(hits.slice(1));
    expect(torn).toBe(1);
  });
});

describe('a hit that is set aside', () => {
  it('is written once, however often its drain is begun again', async () => {
    const spool = openSpool();
    const hits = someHits(2);
    expect(await spool.setAside(hits)).toBe(2);
    expect(await spool.setAside(hits)).toBe(0);
    expect(readFileSync(onlyFile(), 'utf8').split('\n')).toHaveLength(3);
  });

  it('is recorded once its file has a name that ends in .spool', async () => {
    const spool = openSpool();
    const hits = someHits(2);
    await spool.setAside(hits);
    const file = join(directory, 'again.spool');
    renameSync(onlyFile(), file);
    makeOld(file, 61_000);
    await spool.tend();
    expect(await drained(spool)).toEqual(hits);
  });

  it('is removed after 30 days, and so are broken lines', async () => {
    const ages = { 'old~refused.txt': 31, 'old.spool.torn': 31, 'new~refused.txt': 29, 'new.spool.torn': 29 };
    for (const [name, days] of Object.entries(ages)) {
      const file = join(directory, name);
      appendFileSync(file, 'what it was');
      makeOld(file, days * 24 * 60 * 60_000);
    }
    await openSpool().tend();
    expect(files().sort()).toEqual(['new.spool.torn', 'new~refused.txt']);
  });
});

describe('a disk that refuses', () => {
  it('is reported once the hits come, and forgiven when it is back', async () => {
    const spool = openSpool();
    rmSync(directory, { recursive: true });
    appendFileSync(directory, ''); // a file where the folder should be
    await expect(spool.append(someHits(1))).rejects.toThrow(/EEXIST|ENOTDIR/);
    expect(spool.depth().hits).toBe(0);
    rmSync(directory);
    const hits = someHits(2);
    await spool.append(hits);
    expect(await drained(spool)).toEqual(hits);
  });
});

describe('a disk without room for others', () => {
  it('gets no more hits, and no file is left of the try', async () => {
    const spool = openSpool(2 ** 60);
    await expect(spool.append(someHits(1))).rejects.toThrow('room');
    expect(files()).toEqual([]);
    expect(spool.depth().hits).toBe(0);
  });

  it('is told by what is free, not by what was asked', async () => {
    const spool = openSpool(1);
    await spool.append(someHits(1));
    expect(spool.depth().hits).toBe(1);
  });
});

describe('a disk that hangs', () => {
  it('keeps a visitor for a second, the next ones not at all, and what it wrote late is drained', async () => {
    const spool = openSpool();
    const hits = someHits(2);
    const thaw = hangDisk();
    try {
      await expect(spool.append(hits)).rejects.toThrow('within 1000 ms');
      expect(spool.isHanging).toBe(true);
      await expect(spool.append(someHits(1))).rejects.toThrow('the disk hangs');
      await expect(spool.drain(async () => {}, countTorn)).rejects.toThrow('the disk hangs');
    } finally {
      await thaw();
    }
    await expect.poll(() => spool.isHanging).toBe(false);
    const next = someHits(1);
    await spool.append(next);
    expect(await drained(spool)).toEqual([...hits, ...next]);
  });

  it('while it is read does not keep hits from being written', async () => {
    const spool = openSpool();
    await spool.append(someHits(1));
    const thaw = hangFile(onlyFile());
    await expect(drained(spool)).rejects.toThrow('within 1000 ms');
    const hits = someHits(2);
    await spool.append(hits);
    thaw();
    await expect.poll(() => spool.isHanging).toBe(false);
    expect(await drained(spool)).toEqual(hits);
  });
});
