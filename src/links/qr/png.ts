import { promisify } from 'node:util';
import { constants, crc32, deflate } from 'node:zlib';
import { Invalid } from '../../ground/text/errors.ts';
import { qrMatrix } from './matrix.ts';
import { maxPixels, type Picture } from './picture.ts';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const deflateAside = promisify(deflate);

/**
 * Memory of pictures that were drawn, as many as there were at the same time. New memory of this size would be asked of the
 * system page by page, which takes several times as long as the drawing.
 */
const spare: Buffer[] = [];
const maxBytes = maxPixels * (1 + maxPixels / 8);

/** Two of the filters of a line (W3C PNG, 9.2): the bytes as they are, or what they differ by from the line above. */
const filterNone = 0;
const filterUp = 2;

/**
 * A QR code as a PNG of one bit a pixel (W3C PNG, third edition): a few kB, deflated beside the main thread, where a
 * general renderer would hold up every redirect for 0.3 s at 4096 pixels. Most lines repeat the one above, and are zeros
 * as a difference: runs of them cost a seventh of the time, and half the bytes. A module is a whole number of pixels, so
 * that none is blurred; what is left over widens the quiet zone.
 * @throws Invalid (field `size`) when a module would be less than a pixel
 */
export async function qrPng(text: string, { size, margin }: Picture): Promise<Buffer> {
  const matrix = qrMatrix(text);
  const side = matrix.size + 2 * margin;
  const scale = Math.floor(size / side);
  if (scale < 1) throw new Invalid(`This QR code needs at least ${side} pixels.`, { field: 'size' });
  const start = Math.floor((size - matrix.size * scale) / 2);

  // One byte for the filter, then eight pixels a byte; 1 is white.
  const lineBytes = 1 + Math.ceil(size / 8);
  const kept = spare.pop() ?? Buffer.alloc(maxBytes);
  const lines = kept.subarray(0, lineBytes * size).fill(0);
  for (let y = 0; y < size; y += 1) lines[y * lineBytes] = filterUp;
  // Lines that differ from the one above: the first, the first of each row of modules, and the first below them.
  drawLine(0, () => false);
  for (let row = 0; row < matrix.size; row += 1) drawLine(start + row * scale, (column) => matrix.isDark(column, row));
  if (start + matrix.size * scale < size) drawLine(start + matrix.size * scale, () => false);

  function drawLine(y: number, isDark: (column: number) => boolean): void {
    const line = lines.subarray(y * lineBytes, (y + 1) * lineBytes).fill(0xff);
    line[0] = filterNone;
    for (let column = 0; column < matrix.size; column += 1) {
      if (!isDark(column)) continue;
      for (let x = 0; x < scale; x += 1) clearBit(line, 8 + start + column * scale + x);
    }
  }
  const pixels = await deflateAside(lines, { strategy: constants.Z_RLE });
  spare.push(kept);
  return Buffer.concat([signature, chunk('IHDR', header(size)), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

function clearBit(line: Buffer, position: number): void {
  const at = position >> 3;
  line[at] = (line[at] ?? 0) & ~(0x80 >> (position & 7));
}

/** Width, height, bit depth 1, greyscale, and the only compression, filter and interlace methods that matter. */
function header(size: number): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(size, 0);
  data.writeUInt32BE(size, 4);
  data.writeUInt8(1, 8);
  return data;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
