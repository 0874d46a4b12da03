import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import { Invalid } from '../errors.ts';
import { qrMatrix } from './matrix.ts';
import type { Picture } from './picture.ts';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const deflateAside = promisify(deflate);

/**
 * A QR code as a PNG of one bit a pixel (W3C PNG, third edition): a few kB, deflated beside the main thread, where a
 * general renderer would hold up every redirect for 0.3 s at 4096 pixels. A module is a whole number of pixels, so
 * that none is blurred; what is left over widens the quiet zone.
 * @throws Invalid (field `size`) when a module would be less than a pixel
 */
export async function qrPng(text: string, { size, margin }: Picture): Promise<Buffer> {
  const matrix = qrMatrix(text);
  const side = matrix.size + 2 * margin;
  const scale = Math.floor(size / side);
  if (scale < 1) throw new Invalid(`This QR code needs at least ${side} pixels.`, { field: 'size' });
  const start = Math.floor((size - matrix.size * scale) / 2);

  // One byte for the filter (none), then eight pixels a byte; 1 is white.
  const light = Buffer.alloc(1 + Math.ceil(size / 8), 0xff).fill(0, 0, 1);
  const lines: Buffer[] = Array.from({ length: size }, () => light);
  for (let row = 0; row < matrix.size; row += 1) {
    const line = Buffer.from(light);
    for (let x = 0; x < matrix.size * scale; x += 1) {
      if (matrix.isDark(Math.floor(x / scale), row)) clearBit(line, 8 + start + x);
    }
    lines.fill(line, start + row * scale, start + (row + 1) * scale);
  }
  const pixels = await deflateAside(Buffer.concat(lines));
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
