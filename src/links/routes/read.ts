import { type ChosenFact, chosenFacts, type Condition, type Leaf, type Route } from '../../ground/addresses/route.ts';
import { readAppAddress } from '../../ground/addresses/app-address.ts';
import { composedLine } from '../../ground/text/composed.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { listDomains } from '../../domains/domains/queries.ts';
import { getWorkspace } from '../../people/workspaces/queries.ts';
import { nameKey } from '../links/name.ts';
import { askedOnce, type LinkContext } from '../reading/context.ts';
import { readUrl } from '../reading/url.ts';
import { maxWeight } from '../splits/text.ts';
import { routesRefused } from './refused.ts';
import { readDate, readTime, readZone } from './times.ts';
import { readText, readValue, readWeekday, type RulesPlace } from './values.ts';
import { wordsOfCondition } from './words.ts';

export const maxRoutes = 20;
const maxDepth = 4;
export const maxLeaves = 50;
export const maxValues = 200;
export const maxRouteDestinations = 8;
export const maxRouteName = 100;
const maxBytes = 16 * 1024;

/**
 * Reads the rules of a link as programs and forms send them.
 * @param sent of any shape
 * @returns them folded, ready to be stored; none for null
 * @throws Invalid with the path of the first thing that cannot be, such as `routes[1].when.all[0].values[2]`
 */
export async function readRoutes(context: LinkContext, workspaceId: string, sent: unknown): Promise<Route[]> {
  if (sent === null || sent === undefined) return [];
  const all = listIn(sent, '', 'Write routes as a list of rules, or null for none.');
  if (all.length === 0) return [];
  if (all.length > maxRoutes)
    throw routesRefused(`A link has at most ${maxRoutes} rules, and these are ${all.length}.`);
  const place = await askedOnce(context, 'rules place', () => placeOf(context, workspaceId));
  const routes = named(all.map((each, index) => readRoute(each, `[${index}]`, place)));
  if (Buffer.byteLength(JSON.stringify(routes)) > maxBytes)
    throw routesRefused('The rules of a link have at most 16 kB as JSON. Make their lists of values shorter.');
  // Last of all, because each host is looked up.
  for (const [index, { to }] of routes.entries())
    for (const [at, destination] of to.entries()) {
      const path = `[${index}].to[${at}].url`;
      destination.url = await readUrl(context, workspaceId, destination.url, `routes${path}`);
      if (to.findIndex(({ url }) => url === destination.url) < at)
        throw routesRefused('Each address stands in a rule once.', path);
    }
  return routes;
}

async function placeOf({ db }: LinkContext, workspaceId: string): Promise<RulesPlace> {
  const domains = await listDomains(db, workspaceId);
  const { timeZone, appSchemes } = await getWorkspace(db, workspaceId);
  return { hosts: new Set(domains.map(({ host }) => host)), timeZone, appSchemes };
}

/** @param path behind `routes`, for refusals */
function readRoute(sent: unknown, path: string, place: RulesPlace): Route {
  const { name, when, to } = objectIn(sent, path, ['name', 'when', 'to'], 'Write each rule as an object.');
  return {
    name: readRouteName(name, `${path}.name`),
    when: readCondition(when, `${path}.when`, { place, depth: 1, leaves: { count: 0 } }),
    to: readDestinations(to, `${path}.to`, place),
  };
}

/** @returns '' for none */
function readRouteName(sent: unknown, path: string): string {
  if (sent === null || sent === undefined) return '';
  if (typeof sent !== 'string') throw routesRefused('Write the name of a rule as a string.', path);
  const name = composedLine(sent);
  if (name.length > maxRouteName)
    throw routesRefused(`The name of a rule has at most ${maxRouteName} characters.`, path);
  if (name !== '' && nameKey(name) === '') throw routesRefused('The name of a rule has only hidden characters.', path);
  return name;
}

/** Rules with names of their own; those without one are called as their condition reads. */
function named(routes: readonly Route[]): Route[] {
  const taken = new Set<string>();
  for (const [index, { name }] of routes.entries()) {
    if (name === '') continue;
    if (taken.has(nameKey(name))) throw routesRefused(`Another rule is called “${name}” already.`, `[${index}].name`);
    taken.add(nameKey(name));
  }
  return routes.map((route) => {
    if (route.name !== '') return route;
    const name = freeName(madeName(route.when), taken);
    taken.add(nameKey(name));
    return { ...route, name };
  });
}

/** Characters of a name that is made, with room for a number. */
const maxMadeName = maxRouteName - 10;

/** The name of a rule without one, as its condition reads. */
export function madeName(when: Condition): string {
  const line = composedLine(wordsOfCondition(when));
  const text = line.charAt(0).toUpperCase() + line.slice(1);
  if (text.length <= maxMadeName) return text;
  const cut = text.slice(0, maxMadeName);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), maxMadeName / 2)).replace(/[\s,]+$|\p{Cs}$/u, '')}…`;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(nameKey(name)); number++) name = `${wanted} ${number}`;
  return name;
}

type Inside = { place: RulesPlace; depth: number; leaves: { count: number } };

function readCondition(sent: unknown, path: string, inside: Inside): Condition {
  const sentence = 'Write a condition as an object: a question, or all, any or not. {"all": []} always holds.';
  const condition = objectIn(sent, path, undefined, sentence);
  const group = (['all', 'any', 'not'] as const).find((each) => Object.hasOwn(condition, each));
  if (!group) return readLeaf(condition, path, inside);
  const { depth } = inside;
  if (depth > maxDepth) throw routesRefused(`Conditions stand in one another at most ${maxDepth} deep.`, path);
  const below = { ...inside, depth: depth + 1 };
  objectIn(condition, path, [group], sentence);
  if (group === 'not') return { not: readCondition(condition[group], `${path}.not`, below) };
  const parts = listIn(condition[group], `${path}.${group}`, `Write ${group} as a list of conditions.`);
  if (parts.length > maxLeaves) throw tooManyLeaves(`${path}.${group}`);
  // Of none, `all` always holds; that is of use for a whole rule.
  if (parts.length === 0 && (group === 'any' || depth > 1))
    throw routesRefused(`Put a condition into ${group}.`, `${path}.${group}`);
  const read = parts.map((each, index) => readCondition(each, `${path}.${group}[${index}]`, below));
  return group === 'all' ? { all: read } : { any: read };
}

const tooManyLeaves = (path: string) => routesRefused(`A rule has at most ${maxLeaves} conditions.`, path);

type Sent = Readonly<Record<string, unknown>>;

function readLeaf(sent: Sent, path: string, { place, leaves }: Inside): Leaf {
  leaves.count++;
  if (leaves.count > maxLeaves) throw tooManyLeaves(path);
  const { what } = sent;
  if (what === 'query') return readQueryLeaf(sent, path);
  if (what === 'weekday') {
    const { is, values } = leafIn(sent, path, ['values', 'timeZone']);
    const chosen = new Set(readValues(values, path, readWeekday));
    const timeZone = readZone(sent.timeZone, `${path}.timeZone`, place);
    return { what, is: amongIn(is, path), values: [...chosen], timeZone };
  }
  if (what === 'time') return readTimeLeaf(sent, path, place);
  if (what === 'date') return readDateLeaf(sent, path, place);
  const fact = chosenFacts.find((each) => each === what);
  if (!fact)
    throw routesRefused(
      `Write what is asked: ${[...chosenFacts, 'query', 'weekday', 'time', 'date'].join(', ')}.`,
      `${path}.what`,
    );
  return readChosenLeaf(fact, sent, path, place);
}

function readChosenLeaf(what: ChosenFact, sent: Sent, path: string, place: RulesPlace): Leaf {
  const { is, values } = leafIn(sent, path, ['values']);
  const operator = amongIn(is, path);
  return { what, is: operator, values: readValues(values, path, (each, at) => readValue(what, each, at, place)) };
}

function readQueryLeaf(sent: Sent, path: string): Leaf {
  const { is } = sent;
  const what = 'query';
  const nameOf = ({ name: typed }: Sent) => {
    const name = readText(typed, `${path}.name`);
    if (name === '') throw routesRefused('Write the name of the parameter.', `${path}.name`);
    return name;
  };
  if (is === 'given') return { what, name: nameOf(leafIn(sent, path, ['name'])), is };
  if (is === 'at_least') {
    const leaf = leafIn(sent, path, ['name', 'number']);
    const { number } = leaf;
    if (typeof number !== 'number' || !Number.isFinite(number))
      throw routesRefused('Write number as a number.', `${path}.number`);
    return { what, name: nameOf(leaf), is, number };
  }
  const leaf = leafIn(sent, path, ['name', 'values']);
  if (is !== 'one_of' && is !== 'none_of')
    throw routesRefused('Write one_of, none_of, given or at_least.', `${path}.is`);
  return { what, name: nameOf(leaf), is, values: readValues(leaf.values, path, readText) };
}

function readTimeLeaf(sent: Sent, path: string, place: RulesPlace): Leaf {
  const { is, from: first, to: end, timeZone } = leafIn(sent, path, ['from', 'to', 'timeZone']);
  if (is !== 'between') throw routesRefused('Write between.', `${path}.is`);
  const [from, to] = [readTime(first, `${path}.from`), readTime(end, `${path}.to`)];
  if (from === to) throw routesRefused('The time ends when it begins. Choose another end.', `${path}.to`);
  return { what: 'time', is, from, to, timeZone: readZone(timeZone, `${path}.timeZone`, place) };
}

function readDateLeaf(sent: Sent, path: string, place: RulesPlace): Leaf {
  const { is } = sent;
  const what = 'date';
  const zoneOf = ({ timeZone }: Sent) => readZone(timeZone, `${path}.timeZone`, place);
  if (is === 'between') {
    const leaf = leafIn(sent, path, ['from', 'to', 'timeZone']);
    const [from, to] = [readDate(leaf.from, `${path}.from`), readDate(leaf.to, `${path}.to`)];
    if (from >= to) throw routesRefused('The end is not after the beginning.', `${path}.to`);
    return { what, is, from, to, timeZone: zoneOf(leaf) };
  }
  const leaf = leafIn(sent, path, ['date', 'timeZone']);
  if (is !== 'before' && is !== 'from') throw routesRefused('Write before, from or between.', `${path}.is`);
  return { what, is, date: readDate(leaf.date, `${path}.date`), timeZone: zoneOf(leaf) };
}

const leafIn = (sent: Sent, path: string, names: readonly string[]): Sent =>
  objectIn(sent, path, ['what', 'is', ...names], '');

function amongIn(is: unknown, path: string): 'one_of' | 'none_of' {
  if (is !== 'one_of' && is !== 'none_of') throw routesRefused('Write one_of or none_of.', `${path}.is`);
  return is;
}

function readValues(sent: unknown, leaf: string, read: (value: unknown, path: string) => string): string[] {
  const path = `${leaf}.values`;
  const values = listIn(sent, path, 'Write values as a list of strings.');
  if (values.length === 0) throw routesRefused('Choose at least one value.', path);
  if (values.length > maxValues)
    throw routesRefused(`A condition has at most ${maxValues} values, and this one has ${values.length}.`, path);
  return [...new Set(values.map((each, index) => read(each, `${path}[${index}]`)))];
}

function readDestinations(sent: unknown, path: string, place: RulesPlace): Route['to'] {
  const all = listIn(sent, path, 'Write to as a list of addresses with their weights.');
  if (all.length === 0) throw routesRefused('A rule needs an address.', path);
  if (all.length > maxRouteDestinations)
    throw routesRefused(`A rule has at most ${maxRouteDestinations} addresses, and this one has ${all.length}.`, path);
  const to = all.map((each, index) => readDestination(each, `${path}[${index}]`, place));
  if (to.every(({ weight }) => weight === 0)) throw routesRefused('Give one of the addresses a share above 0.', path);
  return to;
}

function readDestination(sent: unknown, path: string, { appSchemes }: RulesPlace): Route['to'][number] {
  const {
    url,
    weight = 1,
    app = null,
  } = objectIn(sent, path, ['url', 'weight', 'app'], 'Write each address as an object.');
  if (typeof url !== 'string') throw routesRefused('Write url as a string.', `${path}.url`);
  if (typeof weight !== 'number' || !Number.isInteger(weight) || weight < 0 || weight > maxWeight)
    throw routesRefused(`Write weight as a whole number from 0 to ${maxWeight}.`, `${path}.weight`);
  if (app !== null && typeof app !== 'string') throw routesRefused('Write app as a string.', `${path}.app`);
  const read = app === null || app === '' ? null : readAppAddress(app, appSchemes, `routes${path}.app`);
  return { url, weight: weight + 0, app: read };
}

function listIn(sent: unknown, path: string, sentence: string): readonly unknown[] {
  if (!Array.isArray(sent)) throw routesRefused(sentence, path);
  return sent;
}

/** @param names of the properties that it may have; without them, any */
function objectIn(sent: unknown, path: string, names: readonly string[] | undefined, sentence: string): Sent {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) throw routesRefused(sentence, path);
  const unknown = names && Object.keys(sent).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw routesRefused(
      `There is no property "${shortened(unknown, 60)}" here.`,
      /^\w{1,60}$/.test(unknown) ? `${path}.${unknown}` : path,
    );
  return sent as Sent;
}
