import { Client } from 'pg';

/*
 * Rules for SQL over the tables of clicks, checked for every statement that a test run sends from its own process: a
 * distributed Postgres, such as Citus, refuses the rest, or fetches all rows for it.
 */

/** The tables of clicks. Months are partitions of one of them. */
const tables =
  '"?(?:clicks|clicks_default|clicks_pending|clicks_\\d{4}_\\d{2}|hit_batches|visitors_seen|click_totals_hourly|click_counts_daily|click_counts_monthly|link_totals)\\b"?';

const rules: Readonly<Record<string, (statement: string) => boolean>> = {
  'selects no column': (statement) => /\bselect\s+from\b/i.test(statement),
  'has a sub-select in returning': (statement) => listsOf(statement).some((list) => /\(\s*select\b/i.test(list)),
  'has grouping sets straight on a table': (statement) =>
    new RegExp(
      `\\b(?:from|join)\\s+${tables}(?:[^()]|\\([^()]*\\))*\\bgroup by\\b(?:[^()]|\\([^()]*\\))*\\bgrouping sets\\b`,
      'i',
    ).test(statement),
  'locks rows': (statement) => /\bfor\s+(?:no\s+key\s+)?(?:update|share)\b/i.test(statement),
  'has a condition that is never true': (statement) => /\bwhere\s+false\b/i.test(statement),
};

const isOfStore = new RegExp(`\\b(?:from|join|into|update|using)\\s+(?:only\\s+)?${tables}`, 'i');

/** Migrations make functions and tables, on a database that is one. */
const isOfMigration = /^\s*(?:--.*\n\s*)*(?:create|alter|drop|do)\b/i;

/** The lists behind each `returning`, up to the end of what it belongs to. */
function listsOf(statement: string): string[] {
  return [...statement.matchAll(/\breturning\b/gi)].map(({ index }) => {
    let depth = 0;
    let end = index;
    for (; end < statement.length && depth >= 0; end++) {
      if (statement[end] === '(') depth++;
      if (statement[end] === ')') depth--;
    }
    return statement.slice(index, end);
  });
}

/** @returns the rules that a statement over the tables of clicks breaks */
export function brokenRules(statement: string): string[] {
  if (!isOfStore.test(statement) || isOfMigration.test(statement)) return [];
  const code = statement.replace(/'[^']*'/g, "''").replace(/--.*$/gm, '');
  return Object.keys(rules).filter((name) => rules[name]?.(code));
}

/** Statements are looked at once. */
const seen = new Set<string>();

function textOf(asked: unknown): string | undefined {
  if (typeof asked === 'string') return asked;
  return (asked as { text?: string } | undefined)?.text;
}

function check(text: string): void {
  seen.add(text);
  const broken = brokenRules(text);
  if (broken.length > 0) throw new Error(`A statement over the tables of clicks ${broken.join(' and ')}: ${text}`);
}

const query = Reflect.get(Client.prototype, 'query') as (...asked: unknown[]) => unknown;
// Set up for each file of a worker, in the same modules.
if (query.name !== 'checked')
  Client.prototype.query = function checked(this: Client, ...asked: unknown[]) {
    const text = textOf(asked[0]);
    if (text !== undefined && !seen.has(text)) check(text);
    return query.apply(this, asked);
  } as typeof Client.prototype.query;
