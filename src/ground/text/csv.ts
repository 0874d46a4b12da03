export type CsvValue = string | number | boolean | null;

/** Begins a file for Excel, which takes one without it for the code page of its machine. */
export const byteOrderMark = '\uFEFF';

/**
 * Texts that a spreadsheet would run as a formula (OWASP, CSV injection). Apostrophes before them count, so that what is
 * put in front can be taken away again.
 */
const formula = /^'*[=+\-@\t\r\n＝＋－＠]/;
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

export type CsvSeparator = ',' | ';' | '\t';

/** A record of a file, and the line on which it begins, from 1. */
export type CsvRecord = { line: number; cells: string[] };

/** Longest record, in characters. A longer one has an unclosed quote, and without this bound would fill the memory. */
const maxRecord = 1_000_000;

/**
 * Reads what csvLine wrote, and CSV of others (RFC 4180), piece by piece: line ends of any kind, with or without a byte
 * order mark. Empty lines are left out. Only what is no whole record yet is kept.
 */
export class CsvReader {
  readonly #cell: RegExp;
  readonly #separator: string;
  #rest = '';
  #line = 1;
  #isBegun = false;

  /** @param separator between cells: tables that are copied out of a spreadsheet have tabs */
  constructor(separator: CsvSeparator = ',') {
    this.#separator = separator;
    this.#cell = new RegExp(`("[^"]*(?:""[^"]*)*"|[^"${separator}\\r\\n]*)(${separator}|\\r\\n|\\n|\\r|$)`, 'y');
  }

  /**
   * @returns the records that end in this piece
   * @throws SyntaxError with the line of what is no CSV
   */
  take(piece: string): CsvRecord[] {
    return this.#read(piece, false);
  }

  /**
   * @returns the last record, where no line end follows it
   * @throws SyntaxError with the line of what is no CSV
   */
  end(): CsvRecord[] {
    return this.#read('', true);
  }

  #read(piece: string, isLast: boolean): CsvRecord[] {
    const text = this.#rest + (!this.#isBegun && piece.startsWith(byteOrderMark) ? piece.slice(1) : piece);
    this.#isBegun ||= piece !== '';
    const records: CsvRecord[] = [];
    const cell = this.#cell;
    cell.lastIndex = 0;
    let begin = 0;
    let cells: string[] = [];
    let line = this.#line;
    while (cell.lastIndex < text.length || cells.length > 0) {
      const found = cell.exec(text);
      const [, raw = '', end = ''] = found ?? [];
      // At the edge of a piece a quotation mark may be half of two, and a carriage return half of a line end.
      const isOpen = !found || (cell.lastIndex === text.length && (end === '' || end === '\r'));
      if (isOpen && !isLast && text.length - begin <= maxRecord) break;
      if (!found || (isOpen && !isLast)) throw new SyntaxError(`A quotation mark in line ${line} has no end.`);
      cells.push(textOf(raw));
      if (raw.startsWith('"')) line += lineEndsIn(raw);
      if (end === this.#separator) continue;
      if (cells.length > 1 || cells[0] !== '') records.push({ line: this.#line, cells });
      cells = [];
      begin = cell.lastIndex;
      line += 1;
      this.#line = line;
    }
    this.#rest = text.slice(begin);
    return records;
  }
}

/**
 * Reads a file that is in memory as CsvReader does.
 * @throws SyntaxError with the line of what is no CSV
 */
export function parseCsv(text: string, separator: CsvSeparator = ','): string[][] {
  const reader = new CsvReader(separator);
  return [...reader.take(text), ...reader.end()].map(({ cells }) => cells);
}

const lineEndsIn = (raw: string): number => raw.match(/\r\n|\n|\r/g)?.length ?? 0;

function textOf(raw: string): string {
  const text = raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw;
  return text.startsWith("'") && formula.test(text) ? text.slice(1) : text;
}
