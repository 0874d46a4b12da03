import { promisify } from 'node:util';
import { brotliCompress, constants, gzip as gzipCompress } from 'node:zlib';

/** Fonts and pictures of pixels are compressed as they are. */
const compressible = /\.(?:css|js|svg|json|txt|html)$/;

export const isCompressible = (fileName: string): boolean => compressible.test(fileName);

/** From this size on, in bytes, brotli's best takes seconds and saves a tenth of what the second best leaves. */
const large = 1_000_000;

/** As small as brotli makes it; for bytes that are made once and sent often. */
export const brotli = (bytes: Buffer): Promise<Buffer> =>
  promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: bytes.length < large ? 11 : 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

/** The same for clients that know no brotli. */
export const gzip = (bytes: Buffer): Promise<Buffer> => promisify(gzipCompress)(bytes, { level: 9 });
