import type { Condition, Leaf, Route } from '../../ground/addresses/route.ts';
import { instantShowing, zoneOrUtc } from '../../ground/time/zoned-time.ts';
import { wordsOfLeaf } from './words.ts';

/** A condition from now on: true holds always, false never, null depends on the visit. */
type Fate = boolean | null;

/**
 * Of each rule, a sentence where no visitor can come to it, else null. A rule is not refused for it: its dates may be
 * over because they did their work.
 */
export function warningsOf(routes: readonly Pick<Route, 'name' | 'when'>[], now: Date): (string | null)[] {
  const before: { name: string; text: string; isForAll: boolean }[] = [];
  return routes.map(({ name, when }) => {
    const text = textOf(when);
    const fate = fateOf(when, now);
    const all = before.find(({ isForAll }) => isForAll);
    const same = before.find((each) => each.text === text);
    before.push({ name, text, isForAll: fate === true });
    if (fate === false) return whyNever(when);
    if (all) return `No visitor comes to this rule: “${all.name}” above it takes all of them.`;
    return same ? `No visitor comes to this rule: “${same.name}” above it has the same condition.` : null;
  });
}

function whyNever(when: Condition): string {
  // Before all of its dates, so that what is left is not their doing.
  if (fateOf(when, null) !== false) return `Its dates are over: no visitor comes to this rule any more.`;
  const clash = clashIn(when);
  if (clash) return `This rule never holds: it cannot be that ${clash.map(wordsOfLeaf).join(' and also that ')}.`;
  return leavesOf(when).some((leaf) => isBackwards(leaf))
    ? 'This rule never holds: it ends before it begins.'
    : 'This rule never holds.';
}

/** @param now null: dates are not held against it */
function fateOf(condition: Condition, now: Date | null): Fate {
  if ('not' in condition) {
    const fate = fateOf(condition.not, now);
    return fate === null ? null : !fate;
  }
  if ('all' in condition) {
    const fates = new Set(condition.all.map((each) => fateOf(each, now)));
    if (fates.has(false) || clashAmong(condition.all)) return false;
    return fates.has(null) ? null : true;
  }
  if ('any' in condition) {
    const fates = new Set(condition.any.map((each) => fateOf(each, now)));
    return fates.has(true) ? true : fates.has(null) ? null : false;
  }
  return fateOfLeaf(condition, now);
}

function fateOfLeaf(leaf: Leaf, now: Date | null): Fate {
  if (isBackwards(leaf)) return false;
  if (leaf.what !== 'date' || now === null) return null;
  const isOver = (date: string) => instantOf(date, leaf.timeZone) <= now.getTime();
  if (leaf.is === 'between') return isOver(leaf.to) ? false : null;
  if (!isOver(leaf.date)) return null;
  return leaf.is === 'from';
}

const instantOf = (date: string, timeZone: string) =>
  instantShowing(new Date(`${date}:00Z`), zoneOrUtc(timeZone)).getTime();

/** A later version may read such a document, and this one does not write it. */
const isBackwards = (leaf: Leaf): boolean => leaf.what === 'date' && leaf.is === 'between' && leaf.to <= leaf.from;

const leavesOf = (condition: Condition): Leaf[] =>
  'not' in condition
    ? leavesOf(condition.not)
    : 'all' in condition
      ? condition.all.flatMap(leavesOf)
      : 'any' in condition
        ? condition.any.flatMap(leavesOf)
        : [condition];

/** Questions that must hold together, of a group and of the groups of its kind in it. */
const together = (conditions: readonly Condition[]): Leaf[] =>
  conditions.flatMap((each) => ('all' in each ? together(each.all) : 'any' in each || 'not' in each ? [] : [each]));

/** Two questions that cannot hold both. */
function clashAmong(all: readonly Condition[]): [Leaf, Leaf] | undefined {
  const leaves = together(all);
  for (const [index, leaf] of leaves.entries())
    for (const other of leaves.slice(index + 1)) if (areDisjoint(leaf, other)) return [leaf, other];
  return undefined;
}

function clashIn(condition: Condition): [Leaf, Leaf] | undefined {
  if ('not' in condition) return clashIn(condition.not);
  const parts = 'all' in condition ? condition.all : 'any' in condition ? condition.any : [];
  const own = 'all' in condition ? clashAmong(parts) : undefined;
  return own ?? parts.map(clashIn).find((each) => each !== undefined);
}

function areDisjoint(one: Leaf, other: Leaf): boolean {
  if (!('values' in one) || !('values' in other)) return false;
  if (one.what !== other.what || one.is !== 'one_of' || other.is !== 'one_of') return false;
  if (one.what === 'query' && other.what === 'query' && one.name !== other.name) return false;
  if (one.what === 'weekday' && other.what === 'weekday' && one.timeZone !== other.timeZone) return false;
  const holds = holdsFor[one.what as keyof typeof holdsFor];
  const meet = (value: string, wanted: string) =>
    value === wanted || (holds !== undefined && (holds(value, wanted) || holds(wanted, value)));
  return !one.values.some((value) => other.values.some((wanted) => meet(value, wanted)));
}

/** Facts of which a value stands for others too. True where `wanted` stands for `value`. */
const holdsFor: Partial<Record<Leaf['what'], (value: string, wanted: string) => boolean>> = {
  language: (value, wanted) => value.startsWith(`${wanted}-`),
  referrer: (value, wanted) => value.endsWith(`.${wanted}`),
  region: (value, wanted) => value.endsWith(`/${wanted}`),
  city: (value, wanted) => value.endsWith(`/${wanted}`),
};

/** The same for conditions that ask the same, in whatever order. */
function textOf(condition: Condition): string {
  if ('not' in condition) return `not(${textOf(condition.not)})`;
  const [kind, parts] = 'all' in condition ? ['all', condition.all] : 'any' in condition ? ['any', condition.any] : [];
  if (parts) {
    const texts = [...new Set(parts.map(textOf))].toSorted(byText);
    return texts.length === 1 ? (texts[0] ?? '') : `${kind}(${texts.join()})`;
  }
  const pairs = Object.entries(condition).map(([name, value]): [string, unknown] => [
    name,
    Array.isArray(value) ? value.map(String).toSorted(byText) : value,
  ]);
  return JSON.stringify(pairs.toSorted(([one], [other]) => byText(one, other)));
}

const byText = (one: string, other: string) => (one < other ? -1 : 1);
