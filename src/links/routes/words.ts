import { type ChosenFact, chosenFacts, type Condition, type Leaf, type Route } from '../../ground/addresses/route.ts';
import { formatDateTime, orList } from '../../ground/text/format.ts';
import { labelOfValue } from './labels.ts';

/** A fact as sentences name it. */
const subjects: Record<Exclude<ChosenFact, 'entry'>, string> = {
  country: 'the country',
  continent: 'the continent',
  region: 'the region',
  city: 'the city',
  language: 'the language',
  device: 'the device',
  system: 'the system',
  browser: 'the browser',
  app: 'the app',
  referrer: 'the referring website',
  channel: 'the channel',
  slug: 'the slug',
  domain: 'the domain',
};

/** 'country is Germany or Austria' */
export const wordsOfLeaf = (leaf: Leaf): string => begun(clauseOf(leaf, false));

/** 'country is Germany or Austria, and the language is Portuguese', whatever stands in it. */
export const wordsOfCondition = (condition: Condition): string => begun(joined(plainOf(condition, false), 0));

/** 'Germans: country is Germany, to 70 % www.acme.com/de, 30 % www.acme.com/at' */
export function wordsOfRoute({ name, when, to }: Route): string {
  const words = wordsOfCondition(when);
  const sum = to.reduce((all, { weight }) => all + weight, 0);
  const shares = to.map(({ url, weight, app }) => {
    const web = url.replace(/^https?:\/\//i, '');
    const address = app === null ? web : `${app} (or ${web})`;
    return to.length === 1 ? address : `${Number(((100 * weight) / sum).toFixed(1))} % ${address}`;
  });
  // A name that was made is the beginning of the words.
  const isMade = words.toLowerCase().startsWith(name.replace(/…$/, '').toLowerCase());
  return `${isMade ? '' : `${name}: `}${words}, to ${shares.join(', ')}`;
}

const begun = (clause: string) => clause.replace(/^the /, '');

/** A condition with each `not` at its questions, which means the same in three values (De Morgan). */
type Plain = string | { kind: 'all' | 'any'; parts: Plain[] };

function plainOf(condition: Condition, isNegated: boolean): Plain {
  if ('not' in condition) return plainOf(condition.not, !isNegated);
  const parts = 'all' in condition ? condition.all : 'any' in condition ? condition.any : undefined;
  if (!parts) return clauseOf(condition as Leaf, isNegated);
  const kind = 'all' in condition !== isNegated ? 'all' : 'any';
  if (parts.length === 0) return kind === 'all' ? 'always' : 'never';
  const read = parts
    .map((each) => plainOf(each, isNegated))
    .flatMap((each) => (typeof each === 'object' && each.kind === kind ? each.parts : [each]));
  return read.length === 1 && read[0] !== undefined ? read[0] : { kind, parts: read };
}

/** @param depth how many groups it stands in */
function joined(plain: Plain, depth: number): string {
  if (typeof plain === 'string') return plain;
  const { kind, parts } = plain;
  const words = parts.map((each) => joined(each, depth + 1));
  if (depth === 0) return kind === 'all' ? words.join(', and ') : `either ${words.join(', or ')}`;
  const isPair = words.length === 2;
  if (depth === 1) {
    if (kind === 'any') return `either ${words.join(' or ')}`;
    return isPair ? `both ${words.join(' and ')}` : `all of this: ${words.join('; ')}`;
  }
  return `(${words.join(kind === 'all' ? ' and ' : ' or ')})`;
}

/** A question as a clause of a sentence. */
function clauseOf(leaf: Leaf, isNegated: boolean): string {
  // Of a newer version, beside which this one runs.
  if (!isKnown(leaf)) return 'something holds that this version does not know';
  const not = isNegated ? ' not' : '';
  switch (leaf.what) {
    case 'query':
      if (leaf.is === 'given') return `the parameter ${leaf.name} is${not} given`;
      if (leaf.is === 'at_least') return `the parameter ${leaf.name} is${not} at least ${leaf.number}`;
      return `the parameter ${leaf.name} is ${among(
        leaf.values.map((value) => `“${value}”`),
        isNone(leaf.is, isNegated),
      )}`;
    case 'weekday':
      return `it is ${among(
        leaf.values.map((day) => labelOfValue('weekday', day)),
        isNone(leaf.is, isNegated),
      )} in ${leaf.timeZone}`;
    case 'time':
      return `it is${not} between ${leaf.from} and ${leaf.to} in ${leaf.timeZone}`;
    case 'date':
      return `it is${not} ${dates(leaf)} in ${leaf.timeZone}`;
    default:
      return valueClause(leaf, isNegated);
  }
}

const operators: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries([...chosenFacts, 'weekday'].map((what) => [what, ['one_of', 'none_of']])),
  query: ['one_of', 'none_of', 'given', 'at_least'],
  time: ['between'],
  date: ['before', 'from', 'between'],
};

const isKnown = ({ what, is }: Leaf): boolean => operators[what]?.includes(is) ?? false;

const isNone = (is: string, isNegated: boolean) => (is === 'none_of') !== isNegated;

function among(values: readonly string[], none: boolean): string {
  if (!none) return orList(values);
  if (values.length === 2) return `neither ${values.join(' nor ')}`;
  return `${values.length > 1 ? 'none of' : 'not'} ${orList(values)}`;
}

function valueClause({ what, is, values }: Leaf & { what: ChosenFact }, isNegated: boolean): string {
  const none = isNone(is, isNegated);
  if (what === 'entry') {
    const entries = orList(values.map((value) => labelOfValue(what, value)));
    return `it is${none ? ' not' : ''} opened by ${entries}`;
  }
  return `${subjects[what]} is ${among(
    values.map((value) => labelOfValue(what, value)),
    none,
  )}`;
}

function dates(leaf: Leaf & { what: 'date' }): string {
  if (leaf.is === 'between') return `from ${minute(leaf.from)} until ${minute(leaf.to)}`;
  return leaf.is === 'before' ? `before ${minute(leaf.date)}` : `${minute(leaf.date)} or later`;
}

const minute = (date: string) => formatDateTime(new Date(`${date}:00Z`), 'UTC').replace(', 00:00', '');
