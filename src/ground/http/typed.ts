import { z } from 'zod';

/** A field of a page's form that a noun judges: what is missing, or sent twice, is empty. */
export const typed = z.string().catch('');

/** The same of a form that changes something: one that is not sent stays as it is. */
export const left = z.string().optional().catch(undefined);

/** Words of a search, on one line and no longer than that. */
export const wordsUpTo = (maxLength: number) =>
  typed.transform((text) =>
    text
      .replace(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, maxLength),
  );

/** The texts of a form, to be shown again. Passwords are left out. */
export function typedValues(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null) return {};
  const texts = Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts.filter(([name]) => !/password/i.test(name)));
}
