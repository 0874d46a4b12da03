export type CsvValue = string | number | boolean | null;

/** Begins a file for Excel, which takes one without it for the code page of its machine. */
export const byteOrderMark = '\uFEFF';

/**
 * Texts that a spreadsheet would run as a formula (OWASP, CSV injection). Apostrophes before them count, so that what is
 * put in front can be taken away again.
 */
const formula = /^'*[=+\-@\t\r]/;
const needsQuotes = /[",\r\n]|^\s|\s$/;

/** A record with its line end (RFC 4180). Texts that look like formulas get an apostrophe in front; NULL is nothing. */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(cellOf).join(',')}\r\n`;
}

function cellOf(value: CsvValue): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Reads what csvLine wrote, and CSV of others: line ends of any kind, with or without a byte order mark. Empty lines are
 * left out.
 */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|\r|$)/y;
  cell.lastIndex = text.startsWith(byteOrderMark) ? 1 : 0;
  while (cell.lastIndex < text.length) {
    const start = cell.lastIndex;
    const [, raw = '', end = ''] = cell.exec(text) ?? failAt(text, start);
    record.push(textOf(raw));
    if (end === ',') {
      if (cell.lastIndex < text.length) continue;
      record.push('');
    }
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
  }
  return records;
}

function textOf(raw: string): string {
  const text = raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw;
  return /^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}

function failAt(text: string, index: number): never {
  throw new SyntaxError(`A quotation mark in line ${text.slice(0, index).split('\n').length} has no end.`);
}
