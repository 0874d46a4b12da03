import { describe, expect, it } from 'vitest';
import type { Condition, Leaf } from '../../../src/ground/addresses/route.ts';
import { compile } from '../../../src/visitors/conditions/conditions.ts';
import { explain, leavesIn } from '../../../src/visitors/conditions/explain.ts';
import { momentsOf } from '../../../src/visitors/conditions/moments.ts';
import { heldFor } from '../../../src/visitors/conditions/possible.ts';
import { factsOf } from '../../setup/facts.ts';
import { rulesOf } from '../../setup/random-visits.ts';
import { seeded } from '../../setup/seeded.ts';

const german: Leaf = { what: 'country', is: 'one_of', values: ['DE'] };
const ref: Leaf = { what: 'query', name: 'ref', is: 'given' };
const timeZone = 'Europe/Berlin';

describe('a condition that is explained', () => {
  it('has the truth and the value of each part', () => {
    const condition: Condition = {
      all: [german, { not: ref }, { any: [{ what: 'region', is: 'one_of', values: ['x'] }] }],
    };
    expect(explain(compile(condition), factsOf({ region: null, rawQuery: 'ref=a' }))).toMatchObject({
      truth: false,
      value: null,
      parts: [
        { truth: true, value: 'DE' },
        { truth: false, parts: [{ truth: true, value: 'a' }] },
        { truth: null, parts: [{ truth: null, value: null }] },
      ],
    });
  });

  it.each<[Leaf, string | null]>([
    [{ what: 'weekday', is: 'one_of', values: ['mon'], timeZone: 'Asia/Tokyo' }, 'fri'],
    [{ what: 'time', is: 'between', from: '10:00', to: '11:00', timeZone }, '13:00'],
    [{ what: 'date', is: 'from', date: '2026-01-01', timeZone }, '2026-03-20T13:00'],
    [{ what: 'time', is: 'between', from: '10:00', to: '11:00', timeZone: 'Mars/Olympus' }, null],
    [{ what: 'city', is: 'one_of', values: ['x'] }, 'de/berlin'],
    [{ what: 'continent', is: 'one_of', values: ['EU'] }, 'EU'],
    [ref, null],
    [{ what: 'mood' as 'city', is: 'one_of', values: ['x'] }, null],
  ])('says of %j what the visit has: %s', (leaf, value) => {
    expect(explain(compile(leaf), factsOf()).value).toBe(value);
  });

  it('is explained whatever stands in it', () => {
    for (const broken of [null, 5, {}, { all: 5 }, { any: [null] }, { not: {} }, { what: 'query' }, { what: 'time' }]) {
      const compiled = compile(broken as never);
      expect(() => explain(compiled, factsOf())).not.toThrow();
      expect(heldFor(compiled, factsOf(), () => true)).not.toBe(true);
      expect(momentsOf(leavesIn(compiled), { from: 0, to: 1 })).toEqual([]);
    }
  });
});

describe('a visit of which not all was kept', () => {
  const lost =
    (...names: string[]) =>
    ({ what }: Leaf) =>
      names.includes(what);
  const held = (condition: Condition, isLost = lost('query')) => heldFor(compile(condition), factsOf(), isLost);

  it.each<[Condition, boolean | null]>([
    [ref, null],
    [{ not: ref }, null],
    [{ any: [german, ref] }, true],
    [{ all: [german, ref] }, null],
    [{ all: [{ not: german }, ref] }, false],
    [{ not: { all: [{ not: german }, ref] } }, true],
    // Not known to the rule itself: whatever was lost, it did not hold.
    [{ all: [{ what: 'referrer', is: 'one_of', values: ['a.example'] }, ref] }, false],
    [{ any: [{ what: 'referrer', is: 'one_of', values: ['a.example'] }, ref] }, null],
    [{ all: [] }, true],
  ])('met %j: %s', (condition, truth) => {
    expect(held(condition)).toBe(truth);
  });

  it('is as it was where nothing that is asked was lost', () => {
    const chance = seeded(7);
    for (let round = 0; round < 3_000; round++) {
      const facts = factsOf({ country: chance() < 0.5 ? 'AT' : null, rawQuery: chance() < 0.5 ? 'ref=x&n=4' : '' });
      for (const { when } of rulesOf(chance, 3, ['2026-03-20']).planned) {
        const compiled = compile(when);
        expect(heldFor(compiled, facts, () => false)).toBe(compiled.ask(facts) === true);
      }
    }
  });
});

describe('moments', () => {
  it('part a time in which each question about it has one answer, also where clocks leap', () => {
    const chance = seeded(11);
    const span = { from: Date.parse('2026-03-20T07:13:00Z'), to: Date.parse('2026-04-10T00:00:00Z') };
    let asked = 0;
    for (let round = 0; round < 60; round++) {
      const { planned } = rulesOf(chance, 6, ['2026-03-25', '2026-03-29', '2026-04-05']);
      const leaves = planned
        .flatMap(({ when }) => leavesIn(compile(when)))
        .filter(({ condition }) => 'timeZone' in condition);
      const moments = [span.from, ...momentsOf(leaves, span)];
      for (let minute = span.from; minute < span.to; minute += 13 * 60_000) {
        const begins = moments.findLast((moment) => moment <= minute) ?? 0;
        for (const { ask } of leaves) {
          asked++;
          if (ask(factsOf({ at: minute })) !== ask(factsOf({ at: begins })))
            expect.fail(`${new Date(minute).toISOString()} is unlike ${new Date(begins).toISOString()}`);
        }
      }
    }
    expect(asked).toBeGreaterThan(100_000);
  });
});
