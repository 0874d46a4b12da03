import { describe, expect, it } from 'vitest';
import { Invalid } from '../../../src/ground/text/errors.ts';
import { qrMatrix } from '../../../src/links/qr/matrix.ts';
import { qrPng } from '../../../src/links/qr/png.ts';
import { qrSvg } from '../../../src/links/qr/svg.ts';
import { pixelsOfPng, pixelsOfSvg, quietZone, scan } from './decode.ts';

const texts = [
  'https://go.acme.com/spring7',
  'http://localhost:3000/2345678',
  `https://${'long-host-name.'.repeat(8)}example.com/%D0%B2%D0%B5%D1%81%D0%BD%D0%B0`,
];
const sizes = [64, 65, 100, 136, 512, 1000];

describe('a QR code as PNG', () => {
  it.each(texts.flatMap((text) => sizes.map((size) => ({ text, size }))))(
    'reads $text at $size pixels',
    async ({ text, size }) => {
      const pixels = pixelsOfPng(await qrPng(text, { size, margin: 4 }));
      expect([pixels.width, pixels.height]).toEqual([size, size]);
      expect(scan(pixels)).toBe(text);
    },
  );

  it('is drawn up to 4096 pixels', async () => {
    const pixels = pixelsOfPng(await qrPng('https://go.acme.com/spring7', { size: 4096, margin: 4 }));
    expect(pixels.width).toBe(4096);
    expect(scan(pixels)).toBe('https://go.acme.com/spring7');
  });

  it.each([0, 1, 4, 16])('keeps a quiet zone of %i modules, and what is left over', async (margin) => {
    const text = 'https://go.acme.com/spring7';
    const size = 512;
    const { size: modules } = qrMatrix(text);
    const scale = Math.floor(size / (modules + 2 * margin));
    const rest = size - modules * scale;
    const zone = quietZone(pixelsOfPng(await qrPng(text, { size, margin })));
    expect(zone).toEqual({
      top: Math.floor(rest / 2),
      left: Math.floor(rest / 2),
      bottom: Math.ceil(rest / 2),
      right: Math.ceil(rest / 2),
    });
    expect(zone.top).toBeGreaterThanOrEqual(margin * scale);
  });

  it('draws modules of whole pixels, so that none is blurred', async () => {
    const { data } = pixelsOfPng(await qrPng('https://go.acme.com/spring7', { size: 333, margin: 4 }));
    expect(new Set(data)).toEqual(new Set([0, 255]));
  });

  it('refuses a size at which a module would be less than a pixel', async () => {
    const long = `https://go.acme.com/${'x'.repeat(400)}`;
    const side = qrMatrix(long).size + 8;
    await expect(qrPng(long, { size: 64, margin: 4 })).rejects.toThrow(
      new Invalid(`This QR code needs at least ${side} pixels.`, { field: 'size' }),
    );
    expect(scan(pixelsOfPng(await qrPng(long, { size: side * 3, margin: 4 })))).toBe(long);
  });
});

describe('a QR code as SVG', () => {
  it.each(texts.flatMap((text) => [136, 512].map((size) => ({ text, size }))))(
    'reads $text at $size pixels',
    ({ text, size }) => {
      const pixels = pixelsOfSvg(qrSvg(text, { size, margin: 4 }, 'QR code'));
      expect([pixels.width, pixels.height]).toEqual([size, size]);
      expect(scan(pixels)).toBe(text);
    },
  );

  it.each([0, 4, 16])('keeps a quiet zone of %i modules on each side', (margin) => {
    const text = 'https://go.acme.com/spring7';
    const side = qrMatrix(text).size + 2 * margin;
    const zone = quietZone(pixelsOfSvg(qrSvg(text, { size: side * 10, margin }, 'QR code')));
    expect(zone).toEqual({ top: margin * 10, right: margin * 10, bottom: margin * 10, left: margin * 10 });
  });

  it('holds the same modules as the matrix', () => {
    const text = 'https://go.acme.com/spring7';
    const matrix = qrMatrix(text);
    const { data, width } = pixelsOfSvg(qrSvg(text, { size: matrix.size, margin: 0 }, 'QR code'));
    for (let row = 0; row < matrix.size; row += 1) {
      for (let column = 0; column < matrix.size; column += 1) {
        expect(data[(row * width + column) * 4] === 0).toBe(matrix.isDark(column, row));
      }
    }
  });

  it('says what it is, whatever its name holds', () => {
    const svg = qrSvg('https://go.acme.com/a', { size: 64, margin: 4 }, 'R&D <script>');
    expect(svg).toContain('role="img"');
    expect(svg).toContain('<title>R&amp;D &lt;script></title>');
  });
});
