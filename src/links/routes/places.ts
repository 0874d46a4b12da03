import { continents, countries } from 'countries-list';
import { countryName, languageName } from '../../ground/text/place-names.ts';
import { languageOf, readLocale } from '../../visitors/visits/language.ts';

/** Letters and figures of a name, without marks, so that "Cote d'Ivoire" is Côte d’Ivoire. */
const keyOf = (name: string) =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('&', 'and')
    .replaceAll(/[^\p{L}\p{N}]/gu, '');

/** Makes a table of names when it is asked for the first time. */
function tableOf(pairs: () => Iterable<readonly [name: string, code: string]>): (name: string) => string | undefined {
  let table: Map<string, string> | undefined;
  return (name) => {
    table ??= new Map([...pairs()].map(([each, code]) => [keyOf(each), code]));
    return table.get(keyOf(name));
  };
}

/** Names that people write, beside those of the lists. */
const otherCountries: readonly (readonly [string, string])[] = [
  ['America', 'US'],
  ['Britain', 'GB'],
  ['Burma', 'MM'],
  ['Czech Republic', 'CZ'],
  ['England', 'GB'],
  ['Great Britain', 'GB'],
  ['Holland', 'NL'],
  ['Macedonia', 'MK'],
  ['Swaziland', 'SZ'],
  ['Turkey', 'TR'],
  ['UAE', 'AE'],
  ['UK', 'GB'],
  ['USA', 'US'],
];

const countryNamed = tableOf(() => [
  ...Object.entries(countries).flatMap(([code, { name }]) => [
    [name, code] as const,
    [countryName(code), code] as const,
  ]),
  ...otherCountries,
]);

/** 'de', 'Germany' -> 'DE'; undefined for no country. */
export function countryCode(typed: string): string | undefined {
  const code = typed.toUpperCase();
  return Object.hasOwn(countries, code) ? code : countryNamed(typed);
}

const continentNamed = tableOf(() => Object.entries(continents).map(([code, name]) => [name, code]));

/** 'eu', 'Europe' -> 'EU'; undefined for no continent. */
export function continentCode(typed: string): string | undefined {
  const code = typed.toUpperCase();
  return Object.hasOwn(continents, code) ? code : continentNamed(typed);
}

export const continentName = (code: string): string => (continents as Readonly<Record<string, string>>)[code] ?? code;

const letters = Array.from('abcdefghijklmnopqrstuvwxyz');

/** Languages of three letters, and those of a place, that have a name of their own and are asked for. */
const otherLanguages =
  'ast ceb ckb fil gsw haw hmn nds nso sah smn yue de-at de-ch en-au en-ca en-gb en-us es-419 es-es es-mx fr-ca fr-ch nl-be pt-br pt-pt zh-hans zh-hant';

const languageNamed = tableOf(() =>
  [...letters.flatMap((one) => letters.map((other) => one + other)), ...otherLanguages.split(' ')]
    .map((tag) => [languageName(tag), tag] as const)
    .filter(([name, tag]) => name !== tag),
);

/** A tag as browsers send it (BCP 47). */
const tagShape = /^[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,6}$/i;

/** 'pt_BR', 'Brazilian Portuguese' -> 'pt-br'; undefined for no language. */
export function languageTag(typed: string): string | undefined {
  const tag = typed.replaceAll('_', '-');
  if (!tagShape.test(tag)) return languageNamed(typed);
  const locale = readLocale(tag) ?? '';
  const language = languageOf(locale);
  // Browsers send the shorter code of a language that has two.
  const short = language.length > 2 ? canonical(language) : language;
  const known = languageName(short) === short ? undefined : short + locale.slice(language.length);
  return known ?? languageNamed(typed);
}

function canonical(language: string): string {
  const [tag = language] = Intl.getCanonicalLocales(language);
  return tag.toLowerCase();
}
