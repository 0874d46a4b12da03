import { z } from 'zod';

export const maxPixels = 4_096;

const pixels = `A QR code is 64 to ${maxPixels} pixels wide.`;
const modules = 'The margin is 0 to 16 modules. Scanners need 4.';

/** How a picture of a QR code may be asked for. */
export const pictureQuery = z.object({
  size: z.coerce
    .number(pixels)
    .int(pixels)
    .min(64, pixels)
    .max(maxPixels, pixels)
    .default(512)
    .describe('Width and height in pixels.')
    .meta({ examples: [1024] }),
  margin: z.coerce
    .number(modules)
    .int(modules)
    .min(0, modules)
    .max(16, modules)
    .default(4)
    .describe(
      'The white frame around the code, in squares of the code. Scanners need 4: ask for less only on a white ground.',
    ),
  download: z
    .enum(['0', '1'], 'Write download=1 to save the picture as a file.')
    .default('0')
    .describe('`1` makes browsers save the picture as a file.'),
});

export type PictureQuery = z.output<typeof pictureQuery>;

/** Width in pixels, and quiet zone in modules (ISO/IEC 18004 asks for 4). */
export type Picture = { size: number; margin: number };
