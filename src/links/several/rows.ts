import { composedLine } from '../../ground/text/composed.ts';
import { type CsvSeparator, parseCsv } from '../../ground/text/csv.ts';
import { plural } from '../../ground/text/format.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { linkOptions, otherNames } from '../options/list.ts';

/** Fields of a row, in the order of a pasted table: the address, the slug and all options of a link. */
export const rowFields = ['url', 'slug', ...otherNames] as const;
export type RowField = (typeof rowFields)[number];

/** A link of a list as it was typed. */
export type Row = Record<RowField, string>;

/** Rows of one list. More are sent in parts, because all of a list are made in one transaction. */
export const maxRows = 500;

/** Characters of a cell that are kept: rules are the longest. */
const maxCell = 20_000;

/** How each column is called. */
export const rowLabels: Readonly<Record<RowField, string>> = {
  url: 'Address',
  slug: 'Slug',
  ...(Object.fromEntries(otherNames.map((name) => [name, linkOptions[name].label])) as Record<
    (typeof otherNames)[number],
    string
  >),
};

const rareFields: ReadonlySet<string> = new Set(otherNames.filter((name) => linkOptions[name].isRare));

/** The fields that a table of these rows shows. */
export const fieldsShown = (rows: readonly Row[]): readonly RowField[] =>
  rowFields.filter((name) => !rareFields.has(name) || rows.some((row) => row[name] !== ''));

/** Names of columns in the files of other programs, in small letters, beside our own. */
const aliases: Partial<Record<RowField, readonly string[]>> = {
  url: ['url', 'address', 'destination', 'link', 'long url', 'long link', 'target', 'original url'],
  slug: ['slug', 'short link', 'short url', 'back half', 'backhalf', 'keyword', 'alias', 'short code'],
  title: ['name'],
  tags: ['tag', 'labels'],
};

const separators: readonly CsvSeparator[] = ['\t', ',', ';'];

/** The column that a header names; undefined for one that is not ours. */
function fieldOf(header: string): RowField | undefined {
  const name = composedLine(header).toLowerCase().replace(/[_-]+/g, ' ');
  return rowFields.find(
    (field) => name === field || name === rowLabels[field].toLowerCase() || aliases[field]?.includes(name),
  );
}

/** Rows of a pasted list, and the names of its columns that are not taken. */
export type Pasted = { rows: Row[]; ignored: string[] };

/**
 * Reads a pasted list: an address a line, cells with tabs between them, or CSV with a header.
 * @throws Invalid (field `list`)
 */
export function readPasted(text: string): Pasted {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const separator = separators.find((each) => cellsOf(first, each).some((cell) => fieldOf(cell) === 'url'));
  if (separator) return withHeader(cellsIn(text, separator));
  if (!text.includes('\t')) return whole(lines.map((line) => rowOf({ url: line })));
  return whole(
    cellsIn(text, '\t').map((cells) => rowOf(Object.fromEntries(rowFields.map((name, at) => [name, cells[at]])))),
  );
}

function withHeader([header = [], ...records]: string[][]): Pasted {
  const fields = header.map(fieldOf);
  const rows = records.map((cells) =>
    // Of two columns for one field the first counts.
    rowOf(Object.fromEntries(cells.map((cell, at) => [fields[at] ?? '', cell] as const).toReversed())),
  );
  return whole(
    rows,
    header.filter((name, at) => fields[at] === undefined && name.trim() !== ''),
  );
}

function whole(all: readonly Row[], ignored: string[] = []): Pasted {
  const rows = all.filter((row) => rowFields.some((name) => row[name] !== ''));
  const refuse = (sentence: string, code: string) => new Invalid(sentence, { field: 'list', code });
  if (rows.length === 0) throw refuse('Paste at least one address.', 'list_empty');
  if (rows.length > maxRows)
    throw refuse(
      `A list has at most ${maxRows} rows, and this one has ${plural(rows.length, 'row')}. Send it in parts.`,
      'list_too_long',
    );
  return { rows, ignored };
}

/** @throws Invalid (field `list`) for quotation marks without an end */
function cellsIn(text: string, separator: CsvSeparator): string[][] {
  try {
    return parseCsv(text, separator);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Invalid(error.message, { field: 'list', code: 'list_invalid' });
    throw error;
  }
}

/** The cells of a header; one whose quotation marks have no end has none. */
function cellsOf(line: string, separator: CsvSeparator): string[] {
  try {
    return parseCsv(line, separator)[0] ?? [];
  } catch {
    return [];
  }
}

/** Fields of a table have one line. */
const onOneLine = (cell: string) =>
  cell
    .slice(0, maxCell)
    .replace(/\s*[\r\n]\s*/g, ' ')
    .trim();

/** A row of the fields that are there. */
export const rowOf = (fields: Partial<Row>): Row => {
  const row = Object.fromEntries(rowFields.map((name) => [name, onOneLine(fields[name] ?? '')])) as Row;
  return { ...row, slug: slugIn(row.slug) };
};

/** The slug of a short link that stands whole in its column. */
const slugIn = (typed: string): string => /^https?:\/\/[^/?#]+\/([^/?#]+)$/i.exec(typed)?.[1] ?? typed;
