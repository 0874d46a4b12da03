import { create } from 'qrcode';

/** A QR symbol without its quiet zone: `size` modules a side, from 21 to 177. */
export type QrMatrix = {
  size: number;
  /** Column and row are counted from the top left, from 0. */
  isDark(column: number, row: number): boolean;
};

/**
 * Encodes a text at error correction level M: 15 % of a printed code may be lost, and it needs fewer modules than Q or H,
 * which only pay off under a logo (ISO/IEC 18004, 5.3.6).
 */
export function qrMatrix(text: string): QrMatrix {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  return { size: modules.size, isDark: (column, row) => modules.get(row, column) === 1 };
}
