import { z } from 'zod';

/**
 * An e-mail address that people type: trimmed, in lower case, no longer than SMTP carries (RFC 5321, 4.5.3.1.3: 256 with
 * its brackets).
 */
export const emailAddress = z
  .string({ error: 'Type an e-mail address.' })
  .trim()
  .toLowerCase()
  .max(254, 'Use at most 254 characters.')
  .pipe(z.email('Type an e-mail address such as ada@example.com.'));
