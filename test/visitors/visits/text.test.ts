import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { cleanText, cutText } from '../../../src/visitors/visits/text.ts';

const loneHigh = String.fromCharCode(0xd83d);
const loneLow = String.fromCharCode(0xde00);

describe('text that a visitor sent, before it is stored', () => {
  it('stays as it is when there is nothing wrong with it', () => {
    expect(cleanText('spring sale', 200)).toBe('spring sale');
    expect(cleanText('été 日本 😀', 200)).toBe('été 日本 😀');
  });

  it('loses what Postgres refuses: NUL and lone surrogates', () => {
    expect(cleanText('a\0b', 200)).toBe('ab');
    expect(cleanText(`a${loneHigh}b${loneLow}c`, 200)).toBe('abc');
  });

  it('loses control characters and marks that turn the reading direction', () => {
    expect(cleanText('a\r\n\tb\u001b[31m\u0085', 200)).toBe('ab[31m');
    expect(cleanText('invoice\u202Egpj.exe', 200)).toBe('invoicegpj.exe');
  });

  it('is cut, never through the middle of a character', () => {
    expect(cleanText('x'.repeat(300), 200)).toHaveLength(200);
    expect(cleanText(`${'x'.repeat(199)}😀`, 200)).toBe('x'.repeat(199));
  });
});

describe('a cut text', () => {
  it('is the start of the text', () => {
    expect(cutText('abcdef', 3)).toBe('abc');
    expect(cutText('abc', 3)).toBe('abc');
  });

  it('does not keep the long text in memory', () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();
    const kept = Array.from({ length: 2_000 }, (_, index) =>
      cutText(Buffer.alloc(16_000, `${index} `).toString('latin1'), 500),
    );
    // 2,000 whole texts are 32 MB, their starts 1 MB.
    expect(heap() - before).toBeLessThan(8_000_000);
    expect(kept.every((text) => text.length === 500)).toBe(true);
  });
});
