import { Resvg } from '@resvg/resvg-js';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';

/** Pixels in RGBA, row by row. */
export type Pixels = { width: number; height: number; data: Uint8ClampedArray };

export function pixelsOfPng(png: Buffer): Pixels {
  const { width, height, data } = PNG.sync.read(png);
  return { width, height, data: new Uint8ClampedArray(data) };
}

/** Draws an SVG as large as it says it is. */
export function pixelsOfSvg(svg: string): Pixels {
  const { width, height, pixels } = new Resvg(svg).render();
  return { width, height, data: new Uint8ClampedArray(pixels) };
}

/** What a scanner reads, or null. */
export function scan({ width, height, data }: Pixels): string | null {
  // Its types say that the function is only the module's property `default`; it is that, too.
  return jsQR.default(data, width, height)?.data ?? null;
}

/** Pixels from the edge to the first that is dark, on each side. */
export function quietZone({ width, height, data }: Pixels): {
  top: number;
  right: number;
  bottom: number;
  left: number;
} {
  const zone = { top: height, right: width, bottom: height, left: width };
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if ((data[(y * width + x) * 4] ?? 255) > 127) continue;
      zone.top = Math.min(zone.top, y);
      zone.left = Math.min(zone.left, x);
      zone.bottom = Math.min(zone.bottom, height - 1 - y);
      zone.right = Math.min(zone.right, width - 1 - x);
    }
  }
  return zone;
}
