import { type SQL, sql } from 'drizzle-orm';
import type { Leaf } from '../../ground/addresses/route.ts';
import { columnsAsked } from '../../visitors/clicks/kept-facts.ts';
import type { ClickColumn } from '../../visitors/clicks/hit-fields.ts';
import { otherValues } from '../../visitors/clicks/variety.ts';
import { appNames } from '../../visitors/visits/in-app.ts';
import { languageOf } from '../../visitors/visits/language.ts';
import { utmParameters } from '../../visitors/visits/utm.ts';

/** Stands for all values of a column that no rule names: nobody can type it into a rule. */
const unnamed = '\u0001';

type Values = Extract<Leaf, { values: string[] }>;

/** The values that a question of rules names, as a column may have them in small letters. */
type Names = (leaf: Values) => readonly string[];

/** Columns with many values, and what more of them is kept apart: rules may know a value by a part of it. */
const columns: Partial<Record<ClickColumn, { names: Names; also?: (value: SQL) => SQL }>> = {
  country: { names: ({ what, values }) => (what === 'country' ? values.map(lower) : values.map(countryIn)) },
  region: { names: placeNames, also: withSign('/') },
  city: { names: placeNames, also: withSign('/') },
  language: { names: ({ values }) => values.map(languageOf), also: withSign('-') },
  os: { names: ({ values }) => values },
  browser: { names: ({ what, values }) => (what === 'app' ? appNames.map(lower) : values) },
  referrer: { names: ({ values }) => values },
  ...Object.fromEntries(
    utmParameters.map((tag) => [
      `utm_${tag}`,
      // One that is as long may have been cut.
      { names: ({ values }: Values) => values.map(lower), also: (value: SQL) => sql`octet_length(${value}) >= 200` },
    ]),
  ),
};

/**
 * A column with the values that no rule names as one, so that hits fall into few kinds. It only gathers, and decides
 * nothing: what it keeps apart may be more than rules tell apart.
 */
export function foldedColumn(column: ClickColumn, leaves: readonly Leaf[]): SQL {
  const value = sql.raw(`c.${column}`);
  const known = columns[column];
  const asked = leaves.filter((leaf) => columnsAsked([leaf]).includes(column));
  // Each value may be another answer.
  if (!known || asked.some(({ what, is }) => what === 'continent' || is === 'at_least')) return value;
  const named = asked.flatMap((leaf) => ('values' in leaf ? known.names(leaf) : []));
  const names = [...new Set([...named, otherValues])];
  const isKept = [
    sql`lower(${value} collate "C") = any(${sql.param(names)}::text[])`,
    ...(column === 'referrer' ? [sql`${value} like any(${sql.param(names.map(endingIn))}::text[])`] : []),
    ...(known.also ? [known.also(value)] : []),
    // Capital letters beyond ASCII are no other letters to Postgres here.
    ...(names.some((name) => /[^\0-\x7f]/.test(name)) ? [sql`octet_length(${value}) > length(${value})`] : []),
  ];
  return sql`case when ${sql.join(isKept, sql` or `)} then ${value} when ${value} is not null then ${unnamed} end`;
}

const endingIn = (host: string) => `%.${host.replaceAll(/[\\%_]/g, '\\$&')}`;

function lower(text: string): string {
  return text.toLowerCase();
}

/** 'de/berlin' -> 'de' */
const countryIn = (place: string) => place.slice(0, Math.max(0, place.indexOf('/')));

/** 'de/biel/bienne' -> itself, 'biel/bienne', 'bienne' */
function placeNames({ values }: Values): string[] {
  return values.flatMap((value) => {
    const parts = value.split('/');
    return parts.map((_, index) => parts.slice(index).join('/'));
  });
}

function withSign(sign: string) {
  return (value: SQL) => sql`strpos(${value}, ${sign}) > 0`;
}
