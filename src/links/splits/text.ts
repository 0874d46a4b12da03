import type { Split, SplitVersion } from '../../ground/addresses/split.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { sharesOf } from './shares.ts';
import { isDay } from '../../ground/time/zoned-time.ts';

export const maxVersions = 8;
export const maxWeight = 1000;

/** A refusal of a test, or of something of it. @param path behind the option's name, as in `.versions[1].url` */
export const splitRefused = (sentence: string, path = ''): Invalid =>
  new Invalid(sentence, { field: `split${path}`, code: 'split_invalid' });

/** 1 -> 'A', as reports call the first version. */
export const versionLetter = (version: number): string => String.fromCharCode(64 + version);

/** A sentence on what is wrong with all versions together: their number, or no share. @returns undefined where nothing is */
export function faultOfAll(versions: readonly SplitVersion[]): string | undefined {
  if (versions.length < 2) return 'A test needs two addresses: the one of the link, and another one beside it.';
  if (versions.length > maxVersions)
    return `A test has at most ${maxVersions} addresses, and this one has ${versions.length}.`;
  return versions.every(({ weight }) => weight === 0) ? 'Give one of the addresses a share above 0.' : undefined;
}

/** @throws Invalid (code `split_invalid`) for what no test can be, with the path of it */
export function refuseBroken({ versions }: Pick<Split, 'versions'>): void {
  const fault = faultOfAll(versions);
  if (fault !== undefined) throw splitRefused(fault, '.versions');
  versions.forEach(({ url, weight }, index) => {
    if (!Number.isInteger(weight) || weight < 0 || weight > maxWeight)
      throw splitRefused(
        `The weight of ${versionLetter(index + 1)} is no whole number from 0 to ${maxWeight}.`,
        `.versions[${index}].weight`,
      );
    if (versions.findIndex((other) => other.url === url) < index)
      throw splitRefused(twice(index), `.versions[${index}].url`);
  });
}

/** @throws Invalid where one of the addresses is the link's own, which stands in the test already */
export function refuseOwnTwice(own: string, { versions }: Split): void {
  const index = versions.findIndex(({ url }) => url === own);
  if (index >= 0 && versions.some(({ url }) => url === null))
    throw splitRefused(`${versionLetter(index + 1)} is the address of the link itself. ${eachOnce}`);
}

const eachOnce = 'Each address stands in a test once.';
const twice = (index: number) => `${versionLetter(index + 1)} is an address that stands before it already. ${eachOnce}`;

const sumOf = (versions: readonly SplitVersion[]) => versions.reduce((sum, { weight }) => sum + weight, 0);

/**
 * Reads the text of a test: addresses, each with its percentage behind it where there are any. The rest is the link's own.
 * The word `own` with a number gives weights outright; `own none` leaves the link's own address out. `clear` stands before
 * the id of a goal by which the test ends.
 * @returns null for an empty text; addresses as they were typed
 * @throws Invalid (field `split`)
 */
export function splitOfText(text: string): Split | null {
  const words = text.split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const read: Read[] = [];
  let [endsAt, isPaused, isOwnLeftOut]: [string | null, boolean, boolean] = [null, false, false];
  let endsByGoal: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const next = words[at + 1] ?? '';
    const last = read.at(-1);
    if (word === 'paused') isPaused = true;
    else if (word === 'ends') {
      endsAt = instantOf(next);
      at++;
    } else if (word === 'clear') {
      endsByGoal = next;
      at++;
    } else if (word === 'own' && next === 'none') {
      isOwnLeftOut = true;
      at++;
    } else if (isNumber.test(word) && last?.number === null)
      last.number = Number(word.replace('%', '').replace(',', '.'));
    else if (isNumber.test(word)) throw splitRefused(`Write the number ${word} behind an address.`);
    else if (word !== '%') read.push({ url: word === 'own' ? null : word, number: null });
  }
  const versions = isOwnLeftOut || read.some(({ url }) => url === null) ? outright(read) : besideOwn(read);
  return { versions, endsAt, isPaused, ...(endsByGoal !== undefined && { endsByGoal }) };
}

/** A number with a sign or a fraction too, so that it is refused as a share and not as an address. */
const isNumber = /^[+-]?\d+(?:[.,]\d+)?%?$/;

type Read = { url: string | null; number: number | null };

/** Numbers are weights; none at all makes even shares. */
function outright(read: readonly Read[]): SplitVersion[] {
  const isEven = read.every(({ number }) => number === null);
  return read.map(({ url, number }) => ({ url, weight: isEven ? 1 : given(number, 1) }));
}

/** Numbers are percentages, with a digit behind the point where one has it. */
function besideOwn(read: readonly Read[]): SplitVersion[] {
  if (read.every(({ number }) => number === null)) return [{ url: null, weight: 1 }, ...outright(read)];
  const unit = read.every(({ number }) => Number.isInteger(number)) ? 1 : 10;
  const others = read.map(({ url, number }) => ({ url, weight: given(number, unit) }));
  const sum = sumOf(others);
  if (sum > 100 * unit) throw splitRefused(`The shares are ${sum / unit} % together. They have room in 100 %.`);
  return [{ url: null, weight: 100 * unit - sum }, ...others];
}

/** @param unit weights of a percent */
function given(number: number | null, unit: 1 | 10): number {
  if (number === null) throw splitRefused('Give each address a share, or none of them.');
  const weight = Number((number * unit).toFixed(9));
  if (Number.isInteger(weight) && weight >= 0) return weight;
  throw splitRefused(
    unit === 1
      ? 'Write each share as a whole number, such as 30.'
      : 'Write each share as a number, such as 30 or 33.3.',
  );
}

const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/i;

/** @returns as it is kept, in UTC. @throws Invalid */
export function instantOf(text: string): string {
  // Programs roll days over that no month has, and Postgres reads no year beyond four figures.
  if (zoned.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text)))
    return new Date(text).toISOString();
  throw splitRefused('Write the end as an instant with its zone, such as 2026-12-24T18:00Z.', '.endsAt');
}

/** The lines by which a form shows a test; `splitOfText` makes the same of them. */
export function linesOfSplit(split: Split | null): string[] {
  if (!split) return [];
  const { versions, endsAt, isPaused, endsByGoal } = split;
  const [own, ...others] = versions;
  const isFirst = own?.url === null;
  const isEven = versions.every(({ weight }) => weight === 1);
  // Weights of a thousand are percentages where one of them needs its tenth.
  const unit = sumOf(versions) === 1000 && others.some(({ weight }) => weight % 10 > 0) ? 10 : 1;
  const isPercent = isFirst && sumOf(versions) === 100 * unit;
  const numbered = versions.map(({ url, weight }) => `${url ?? 'own'} ${isPercent ? weight / unit : weight}`);
  const hasOwn = versions.some(({ url }) => url === null);
  return [
    ...(isFirst && isEven
      ? others.map(({ url }) => url ?? '')
      : isPercent
        ? numbered.slice(1)
        : [...(hasOwn ? [] : ['own none']), ...numbered]),
    ...(isPaused ? ['paused'] : []),
    ...(endsAt === null ? [] : [`ends ${endsAt.replace(/(?::00)?\.000Z$/, 'Z')}`]),
    ...(endsByGoal === undefined ? [] : [`clear ${endsByGoal}`]),
  ];
}

/** Texts of a form's fields as one: a share stands in a field behind its address. */
export const textOfRows = (texts: readonly string[]): string =>
  texts
    .map((text) => text.trim())
    .filter(Boolean)
    .reduce((text, each) => (text === '' ? each : `${text}${isNumber.test(each) ? ' ' : '\n'}${each}`), '');

/** A test in words: '50 % own address, 50 % www.b.example/x'. */
export function wordsOfSplit({ versions, endsAt, isPaused, endsByGoal }: Split, instant: (at: Date) => string): string {
  const percents = sharesOf(versions.map(({ weight }) => weight));
  const shares = versions.map(
    ({ url }, index) => `${percents[index]} % ${url === null ? 'own address' : url.replace(/^https?:\/\//i, '')}`,
  );
  return [
    shares.join(', '),
    ...(isPaused ? ['paused'] : []),
    ...(endsAt === null ? [] : [`ends ${instant(new Date(endsAt))}`]),
    ...(endsByGoal === undefined ? [] : ['ends when a version is clearly ahead']),
  ].join('; ');
}
