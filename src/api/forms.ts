import { z } from 'zod';

/** What a key may be called, wherever it is made. */
export const keyName = z
  .string('Give the key a name.')
  .trim()
  .min(1, 'Give the key a name.')
  .max(80, 'A name has at most 80 characters.')
  .regex(/^\P{Cc}*$/u, 'A name holds no line breaks or control characters.');
