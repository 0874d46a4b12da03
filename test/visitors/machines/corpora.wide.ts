import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/visitors/machines/classify.ts';
import { packages, readMachines, readOldDevices, readPeople, versionOf } from './corpus/lists.ts';

const here = fileURLToPath(import.meta.url);

/** What browsers send with a navigation, so that the agent alone decides. */
const navigation = { 'accept-language': 'en', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const verdictOf = (userAgent: string) =>
  classify({ method: 'GET', headers: { ...navigation, 'user-agent': userAgent } });
const print = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`);

print(['', ...packages.map((name) => `${name} ${versionOf(here, name)}`)]);

describe('people of today', () => {
  it.each(readPeople(here))('are none of them called machines: $name', ({ name, agents }) => {
    const wrong = agents.map((agent) => ({ agent, ...verdictOf(agent) })).filter((found) => found.class !== 'human');
    print([`${name}: ${wrong.length} of ${agents.length} people called machines`]);
    expect(wrong).toEqual([]);
    expect(agents.length).toBeGreaterThanOrEqual(100);
  });
});

describe('machines', () => {
  it.each(readMachines(here))('are found, 99 of 100 at least: $name', ({ name, agents, exclusions }) => {
    const asked = agents.filter((agent) => !exclusions.has(agent));
    const missed = asked.filter((agent) => verdictOf(agent).class === 'human');
    const found = 1 - missed.length / asked.length;
    print([
      `${name}: ${asked.length - missed.length} of ${asked.length} machines found (${(100 * found).toFixed(2)} %)`,
      ...missed.map((agent) => `  missed: ${agent}`),
      ...[...exclusions].map(([agent, reason]) => `  left out: ${agent} (${reason})`),
    ]);
    expect(found).toBeGreaterThanOrEqual(0.99);
    expect(exclusions.size / agents.length).toBeLessThanOrEqual(0.02);
    // What is left out is in the list, and we call it a person: else it need not be left out.
    expect([...exclusions.keys()].filter((agent) => !agents.includes(agent))).toEqual([]);
    expect([...exclusions.keys()].filter((agent) => verdictOf(agent).class !== 'human')).toEqual([]);
    expect(agents.length).toBeGreaterThan(2_000);
  });
});

describe('devices of 2017 and before', () => {
  it('are people, but for half a percent that the list calls so alone', () => {
    const { name, agents } = readOldDevices(here);
    const verdicts = agents.map(verdictOf);
    // Apps' own requests (Dalvik, CFNetwork) and Office's are programs: the list has them among its devices.
    const wrong = verdicts.filter((verdict) => verdict.class !== 'human' && verdict.class !== 'tool');
    print([`${name}: ${wrong.length} of ${agents.length} devices called machines, tools apart`]);
    expect(wrong.length / agents.length).toBeLessThan(0.005);
  });
});
