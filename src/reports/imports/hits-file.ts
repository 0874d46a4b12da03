import { exportedFields } from '../../visitors/clicks/hit-fields.ts';
import { cleanText } from '../../visitors/visits/text.ts';
import { CsvReader, type CsvRecord } from '../../ground/text/csv.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { HOUR, isDay } from '../../ground/time/zoned-time.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { type HitColumn, hitColumns } from '../exports/hits-csv.ts';

/** A hit of a file: its line, and its cells by `hitColumns`; NULL where one is empty. */
export type HitLine = { line: number; cells: (string | null)[] };

/** Between which instants a hit may lie. */
export type Bounds = {
  now: Date;
  /** The UTC day since which hits are kept; null: all are. */
  keptSince: string | null;
};

/** There were no short links of ours before; a year 70 is a slip, and every month gets a partition. */
const firstDay = '2000-01-01';

const maxText = 500;
const maxAddress = 8_000;

/** Says what is wrong with a cell that is not empty; undefined when nothing is. */
type Check = (cell: string, bounds: Bounds) => string | undefined;

const matches =
  (pattern: RegExp, says: string): Check =>
  (cell) =>
    pattern.test(cell) ? undefined : says;
const oneOf = (words: readonly string[]) =>
  matches(new RegExp(`^(?:${words.join('|')})$`), `is none of ${words.join(', ')}`);
const textUpTo =
  (max: number): Check =>
  (cell) => {
    if (cell.length > max) return `is longer than ${max} characters`;
    return cleanText(cell, max) === cell ? undefined : 'holds hidden characters';
  };
const text = textUpTo(maxText);
const id = matches(/^\w{1,40}$/, 'is no id');
const version = matches(/^[A-H]$/, 'is no letter of a version');
const isTrue = oneOf(['true', 'false']);

const instant: Check = (cell, { now, keptSince }) => {
  const [, day = ''] = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/.exec(cell) ?? [];
  if (!isDay(day)) return 'is no instant such as 2026-11-22T09:41:07.512Z';
  if (day < firstDay) return `lies before ${firstDay}`;
  if (keptSince !== null && day < keptSince)
    return `lies before ${keptSince}, since when RETENTION_DAYS keeps hits: reports may have counted it already`;
  // Clocks of two servers differ a little.
  return Date.parse(cell) > now.getTime() + HOUR ? 'lies in the future' : undefined;
};

const hitId: Check = (cell) =>
  /^\d{1,16}$/.test(cell) && Number(cell) <= Number.MAX_SAFE_INTEGER ? undefined : 'is no number of a hit';
const smallNumber =
  (of: string): Check =>
  (cell) =>
    /^\d{1,5}$/.test(cell) && Number(cell) < 2 ** 15 ? undefined : `is no number of ${of}`;

function checkOf({ values, form }: (typeof exportedFields)[number]): Check {
  if (values) return oneOf(values);
  return form ? matches(form[0], `is no ${form[1]}`) : text;
}

/** Cells are short texts where nothing else is said. */
const checks: Partial<Record<HitColumn, Check>> = {
  ...Object.fromEntries(exportedFields.map((field) => [field.column, checkOf(field)])),
  time: instant,
  short_link: textUpTo(maxAddress),
  destination: textUpTo(maxAddress),
  first_on_link_today: isTrue,
  first_in_workspace_today: isTrue,
  slug_kind: oneOf(['primary', 'alias', 'qr', 'retired']),
  slug_id: id,
  link_id: id,
  rules_version: smallNumber('rules'),
  id: hitId,
  version,
  version_url: textUpTo(maxAddress),
  version_id: matches(/^\d{1,9}$/, 'is no number of a version'),
  link_version: smallNumber('a link’s version'),
  route_id: matches(/^\d{1,9}$/, 'is no number of a rule'),
};

const required: ReadonlySet<HitColumn> = new Set([
  ...exportedFields.filter(({ isNullable }) => !isNullable).map(({ column }) => column),
  'time',
  'first_on_link_today',
  'first_in_workspace_today',
  'slug_id',
  'link_id',
  'rules_version',
  'id',
] as const);

/** Columns that files of earlier versions do not have. */
const added: ReadonlySet<HitColumn> = new Set([
  'version',
  'version_url',
  'version_id',
  'link_version',
  'route',
  'route_id',
]);

/**
 * Reads a file that writeHits wrote, piece by piece. Its columns may come in any order.
 * @param bytes UTF-8
 * @throws Invalid with line and column of the first thing that is not right
 */
export async function* readHits(bytes: AsyncIterable<Uint8Array>, bounds: Bounds): AsyncGenerator<HitLine[]> {
  let header: HitColumn[] | undefined;
  for await (const records of readRecords(bytes)) {
    const columns = (header ??= readHeader(records.shift()));
    if (columns) yield records.map((record) => readHit(record, columns, bounds));
  }
  if (!header) throw new Invalid('The file is empty.');
}

async function* readRecords(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord[]> {
  const reader = new CsvReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes) yield reader.take(decoder.decode(chunk, { stream: true }));
    yield [...reader.take(decoder.decode()), ...reader.end()];
  } catch (error) {
    if (error instanceof SyntaxError) throw new Invalid(error.message);
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new Invalid('The file is not UTF-8, as an export of hits is.');
    throw error;
  }
}

function readHeader(record: CsvRecord | undefined): HitColumn[] | undefined {
  if (!record) return undefined;
  const names = record.cells;
  const missing = hitColumns.filter((column) => !names.includes(column) && !added.has(column));
  const strange = names.filter((name, index) => !isColumn(name) || names.indexOf(name) !== index);
  const problems = [
    ...(missing.length > 0 ? [`lacks ${missing.join(', ')}`] : []),
    ...(strange.length > 0
      ? [`has ${strange.map((name) => JSON.stringify(name.slice(0, 40))).join(', ')} too much`]
      : []),
  ];
  if (problems.length > 0)
    throw new Invalid(
      `Line ${record.line}: the header is not that of an export of hits: it ${problems.join(' and ')}.`,
    );
  return names.filter(isColumn);
}

const isColumn = (name: string): name is HitColumn => (hitColumns as string[]).includes(name);

function readHit({ line, cells }: CsvRecord, header: readonly HitColumn[], bounds: Bounds): HitLine {
  if (cells.length !== header.length)
    throw new Invalid(`Line ${line} has ${cells.length} cells, the header ${header.length}.`);
  const byName = new Map<HitColumn, string>();
  for (const [index, column] of header.entries()) {
    const cell = cells[index] ?? '';
    const problem = cell === '' ? required.has(column) && 'is empty' : (checks[column] ?? text)(cell, bounds);
    if (problem) throw cellRefused(line, column, cell, problem);
    byName.set(column, cell);
  }
  const of = (column: HitColumn) => byName.get(column) ?? '';
  for (const flag of ['first_on_link_today', 'first_in_workspace_today'] as const)
    if (of(flag) === 'true' && of('class') !== 'human')
      throw cellRefused(line, flag, 'true', 'is for clicks of people only');
  if (!of('reason').startsWith(`${of('class')}:`))
    throw cellRefused(line, 'reason', of('reason'), `is no reason of the class ${of('class')}`);
  return { line, cells: hitColumns.map((column) => of(column) || null) };
}

/** The refusal of a cell, for people who look for it in their file. */
export function cellRefused(line: number, column: HitColumn, cell: string, problem: string): Invalid {
  const shown = shortened(cell, 60);
  return new Invalid(`Line ${line}, column ${column}: ${shown === '' ? 'it' : `"${shown}"`} ${problem}.`);
}
