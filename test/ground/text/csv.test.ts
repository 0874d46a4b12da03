import { describe, expect, it } from 'vitest';
import { byteOrderMark, CsvReader, csvLine, parseCsv } from '../../../src/ground/text/csv.ts';

describe('a CSV file', () => {
  it('quotes what has to be quoted and nothing else (RFC 4180)', () => {
    expect(csvLine(['plain', 'a,b', 'say "hi"', 'two\nlines', ' space', null, '', 12, true])).toBe(
      'plain,"a,b","say ""hi""","two\nlines"," space",,,12,true\r\n',
    );
  });

  it('disarms texts that a spreadsheet would run, and leaves numbers alone', () => {
    expect(csvLine(['=1+1', '+49', '-x', '@sum', '\tx', -5])).toBe(
      `'=1+1,'+49,'-x,'@sum,"'\tx",-5\r\n`.replace(`"'\tx"`, `'\tx`),
    );
    // Excel takes full-width signs for the others, and looks past a line end.
    expect(csvLine(['＝1+1', '＋49', '－x', '＠sum', '\n=1', '\r=1'])).toBe(
      `'＝1+1,'＋49,'－x,'＠sum,"'\n=1","'\r=1"\r\n`,
    );
    expect(csvLine(['=HYPERLINK("http://x","y")'])).toBe(`"'=HYPERLINK(""http://x"",""y"")"\r\n`);
  });

  it('comes back as it was, whatever it holds', () => {
    const pieces = [
      '',
      '=',
      "'",
      '"',
      ',',
      '\n',
      '\r\n',
      '\t',
      'x',
      '-',
      '@',
      '＝',
      '＋',
      '－',
      '＠',
      "'='",
      ' ',
      'ä',
      '😀',
      "''=1",
    ];
    let seed = 7;
    const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 2_000; round++) {
      const cells = Array.from({ length: 2 + next(4) }, () =>
        Array.from({ length: next(5) }, () => pieces[next(pieces.length)]).join(''),
      );
      const text = csvLine(cells) + csvLine(['end', 'end']);
      expect(parseCsv(text)).toEqual([cells, ['end', 'end']]);
      const reader = new CsvReader();
      const at = next(text.length);
      const records = [...reader.take(text.slice(0, at)), ...reader.take(text.slice(at)), ...reader.end()];
      expect(records.map((record) => record.cells)).toEqual([cells, ['end', 'end']]);
    }
  });

  it('is read with any line end, a byte order mark and without a last line end', () => {
    const records = [
      ['a', 'b'],
      ['1', ''],
      ['2', '3'],
    ];
    expect(parseCsv('a,b\n1,\n2,3')).toEqual(records);
    expect(parseCsv(`${byteOrderMark}a,b\r\n1,\r\n\r\n2,3\r\n`)).toEqual(records);
    expect(parseCsv('a,b\r1,\r2,3\r')).toEqual(records);
    expect(parseCsv('a,')).toEqual([['a', '']]);
    expect(parseCsv('')).toEqual([]);
  });

  it('is refused with its line where a quotation mark has no end', () => {
    expect(() => parseCsv('a,b\n1,"2\n')).toThrow('A quotation mark in line 2 has no end.');
    expect(() => parseCsv('a\n"b\n\nb"\n\nc"c\nd')).toThrow('A quotation mark in line 6 has no end.');
    expect(() => parseCsv('a\n"b"c\n')).toThrow('A quotation mark in line 2 has no end.');
  });

  it('is read piece by piece, and each record knows its line', () => {
    const text = `${byteOrderMark}a,b\r\n"1\r\n1",""""\r\n\r\n2,\r3,"x"`;
    const records = [
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['1\r\n1', '"'] },
      { line: 5, cells: ['2', ''] },
      { line: 6, cells: ['3', 'x'] },
    ];
    const reader = new CsvReader();
    expect([...text.split('').flatMap((letter) => reader.take(letter)), ...reader.end()]).toEqual(records);
  });

  it('is given up where a quotation mark would keep all that follows in memory', () => {
    const reader = new CsvReader();
    const endless = () => {
      reader.take('a,b\n1,"');
      for (let piece = 0; piece < 100; piece++) reader.take('x'.repeat(100_000));
    };
    expect(endless).toThrow('A quotation mark in line 2 has no end.');
  });
});
