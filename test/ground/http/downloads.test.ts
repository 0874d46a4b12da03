import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beginDownload } from '../../../src/ground/http/downloads.ts';
import { LimitReached, NotFound } from '../../../src/ground/text/errors.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => vi.useRealTimers());

async function* pages(...texts: string[]): AsyncGenerator<string> {
  for (const page of texts) yield page;
}

describe('a file that is taken away', () => {
  it('is whole, whatever number of pages it has', async () => {
    for (const parts of [['head'], ['head', 'one'], ['head', 'one', 'two', 'three']])
      expect(await text(await beginDownload('a', pages(...parts)))).toBe(parts.join(''));
  });

  it('is refused while it can be, and gives its place back', async () => {
    const broken = async function* () {
      yield 'head';
      throw new NotFound();
    };
    for (let n = 0; n < 10; n++) await expect(beginDownload('b', broken())).rejects.toThrow(NotFound);
  });

  it('is one of four of a workspace, however slowly read, until one that is left makes room', async () => {
    const slow = await Promise.all(Array.from({ length: 4 }, () => beginDownload('c', pages('head', 'one'))));
    const refused = expect(beginDownload('c', pages('head'))).rejects.toThrow(LimitReached);
    await vi.advanceTimersByTimeAsync(5_000);
    await refused;
    expect(await text(await beginDownload('d', pages('head')))).toBe('head');
    slow[0]?.destroy();
    expect(await text(await beginDownload('c', pages('head', 'two')))).toBe('headtwo');
    for (const file of slow) file.destroy();
  });
});
