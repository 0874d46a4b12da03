import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../../src/ground/text/errors.ts';
import { FreshCache } from '../../../src/visitors/redirect/fresh-cache.ts';
import { ownTimeOf } from '../../setup/own-time.ts';

type Value = { text: string; owner: string };

/** A cache over a table of ours, and a database that can be slow or away. */
function makeCache(max = 10) {
  const table = new Map<string, Value>();
  const state = { loads: 0, answers: 0, delayMs: 0, isAway: false };
  const cache = new FreshCache<Value>(
    max,
    async (key) => {
      state.loads++;
      const value = table.get(key);
      if (state.isAway) throw new Error('away');
      if (state.delayMs > 0) await sleep(state.delayMs, undefined, { ref: false });
      state.answers++;
      return value;
    },
    { groups: ['owner'] },
  );
  const write = (key: string, text: string, owner = 'w') => table.set(key, { text, owner });
  return { cache, state, write, table };
}

describe('an answer', () => {
  it('comes from the database once and from memory after that', async () => {
    const { cache, state, write } = makeCache();
    write('a', 'one');
    expect(cache.recall('a')).toBeUndefined();
    await Promise.all(Array.from({ length: 20 }, () => cache.find('a')));
    expect(cache.recall('a')?.text).toBe('one');
    expect((await cache.find('a'))?.text).toBe('one');
    expect(state.loads).toBe(1);
  });

  it('that is large takes the place of several, so that all together stay within the bound', async () => {
    const size = { max: 100, of: ({ text }: Value) => text.length };
    const cache = new FreshCache<Value>(10, async (key) => ({ text: key.repeat(key === 'd' ? 80 : 20), owner: 'w' }), {
      bytes: size,
    });
    for (const key of ['a', 'b', 'c']) await cache.find(key);
    expect(['a', 'b', 'c'].filter((key) => cache.recall(key))).toEqual(['a', 'b', 'c']);
    await cache.find('d');
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.recall(key))).toEqual(['c', 'd']);
  });

  it('that is none is not remembered', async () => {
    const { cache, write } = makeCache();
    expect(await cache.find('a')).toBeUndefined();
    write('a', 'one');
    expect((await cache.find('a'))?.text).toBe('one');
  });

  it('is asked for again once it was forgotten, also when the old one was under way', async () => {
    const { cache, state, write } = makeCache();
    write('a', 'one');
    state.delayMs = 30;
    const early = cache.find('a');
    await sleep(5);
    write('a', 'two');
    cache.forget('a');
    expect((await cache.find('a'))?.text).toBe('two');
    await early;
    expect(cache.recall('a')?.text).toBe('two');
  });

  it('is not fresh after a gap, also when it was under way', async () => {
    const { cache, state, write } = makeCache();
    write('a', 'one');
    await cache.find('a');
    write('a', 'two');
    cache.distrust();
    expect(cache.recall('a')).toBeUndefined();
    expect((await cache.find('a'))?.text).toBe('two');
    expect(cache.recall('a')?.text).toBe('two');
    cache.distrust();
    state.delayMs = 30;
    const early = cache.find('a');
    await sleep(5);
    write('a', 'three');
    cache.distrust();
    await early;
    expect(cache.recall('a')).toBeUndefined();
  });

  it('of others stays when only some are distrusted', async () => {
    const { cache, write } = makeCache();
    write('a', 'one', 'me');
    write('b', 'one', 'you');
    await Promise.all([cache.find('a'), cache.find('b')]);
    cache.distrustGroup('me');
    expect(cache.recall('a')).toBeUndefined();
    expect(cache.recall('b')?.text).toBe('one');
    write('a', 'two', 'me');
    expect((await cache.find('a'))?.text).toBe('two');
    expect(cache.recall('a')?.text).toBe('two');
  });

  it('that was distrusted with others and under way is not fresh, and serves while there is no other', async () => {
    const { cache, state, write } = makeCache();
    write('a', 'one', 'me');
    state.delayMs = 30;
    const early = cache.find('a');
    await sleep(5);
    cache.distrustGroup('me');
    await early;
    expect(cache.recall('a')).toBeUndefined();
    await cache.find('a');
    cache.distrustGroup('me');
    state.isAway = true;
    expect((await cache.find('a'))?.text).toBe('one');
  });

  it('is distrusted in no more time where many are remembered', () => {
    const cache = new FreshCache<Value>(200_000, async () => undefined, { groups: ['owner'] });
    for (let n = 0; n < 200_000; n++) cache.keep(`key-${n}`, { text: 'one', owner: `owner-${n}` });
    const distrust = () => {
      for (let n = 0; n < 200; n++) cache.distrustGroup('owner-7');
    };
    expect(ownTimeOf(distrust)).toBeLessThan(100);
  });

  it('is not taken for fresh when very many others were distrusted after it', async () => {
    const { cache, write } = makeCache();
    write('a', 'one', 'me');
    await cache.find('a');
    cache.distrustGroup('me');
    for (let n = 0; n < 9_999; n++) cache.distrustGroup(`owner-${n}`);
    expect(cache.recall('a')).toBeUndefined();
    write('b', 'one', 'you');
    await cache.find('b');
    cache.distrustGroup('one-more');
    expect(cache.recall('a')).toBeUndefined();
    expect(cache.recall('b')?.text).toBe('one');
  });

  it('is kept for a bounded number of keys', async () => {
    const { cache, write } = makeCache(2);
    for (const key of ['a', 'b', 'c']) {
      write(key, key);
      await cache.find(key);
    }
    expect(['a', 'b', 'c'].map((key) => cache.recall(key)?.text)).toEqual([undefined, 'b', 'c']);
  });
});

describe('while the database is away', () => {
  it('old answers are given, and there is no other', async () => {
    const { cache, state, write } = makeCache();
    write('a', 'one');
    await cache.find('a');
    cache.distrust();
    state.isAway = true;
    expect((await cache.find('a'))?.text).toBe('one');
    await expect(cache.find('b')).rejects.toThrow(Unavailable);
  });

  it('a forgotten answer is not given: it is known to be wrong', async () => {
    const { cache, state, write } = makeCache();
    write('a', 'one');
    await cache.find('a');
    cache.forget('a');
    state.isAway = true;
    await expect(cache.find('a')).rejects.toThrow(Unavailable);
  });

  it('one that says nothing keeps a visitor waiting once, and not for long', async () => {
    const { cache, state, write } = makeCache();
    for (const key of ['a', 'b']) {
      write(key, 'one');
      await cache.find(key);
    }
    cache.distrust();
    state.delayMs = 600_000;
    const answered = state.answers;
    expect((await cache.find('a'))?.text).toBe('one');
    // It did not wait for the answer, and those that come after it do not wait for a turn of the event loop.
    expect(state.answers).toBe(answered);
    let turns = 0;
    const turn = setImmediate(() => turns++);
    for (let visit = 0; visit < 50; visit++) expect((await cache.find('b'))?.text).toBe('one');
    clearImmediate(turn);
    expect(turns).toBe(0);
    expect(state.loads).toBeLessThanOrEqual(4); // two to fill, one that was slow, one to look whether it is back
  });

  it('and back, the new answer is given', async () => {
    const { cache, state, write } = makeCache();
    write('a', 'one');
    await cache.find('a');
    cache.distrust();
    state.isAway = true;
    await cache.find('a');
    write('a', 'two');
    state.isAway = false;
    await expect.poll(async () => (await cache.find('a'))?.text, { interval: 20 }).toBe('two');
  });
});
