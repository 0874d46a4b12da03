import type { Picture } from './picture.ts';
import { type QrMatrix, qrMatrix } from './matrix.ts';

/**
 * A QR code as SVG: one path, one unit a module.
 * @param title what it is, for those who do not see it
 */
export function qrSvg(text: string, { size, margin }: Picture, title: string): string {
  const matrix = qrMatrix(text);
  const side = matrix.size + 2 * margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${side} ${side}" role="img" shape-rendering="crispEdges">`,
    `<title>${escapeText(title)}</title>`,
    `<path fill="#fff" d="M0 0h${side}v${side}H0z"/>`,
    `<path d="${outline(matrix, margin)}"/>`,
    '</svg>',
  ].join('');
}

/** Neighbours in a row become one bar: half the bytes, and no hairlines between them. */
function outline(matrix: QrMatrix, margin: number): string {
  let path = '';
  for (let row = 0; row < matrix.size; row += 1) {
    for (let column = 0; column < matrix.size; column += 1) {
      if (!matrix.isDark(column, row)) continue;
      const start = column;
      while (column + 1 < matrix.size && matrix.isDark(column + 1, row)) column += 1;
      const length = column + 1 - start;
      path += `M${start + margin} ${row + margin}h${length}v1h-${length}z`;
    }
  }
  return path;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
