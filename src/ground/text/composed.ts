/**
 * More characters than any name, slug or host has, also where a composed character was typed as four (U+1F82). What is
 * longer is not read further, where reading takes time by the square of the length.
 */
export const maxTyped = 1_000;

/**
 * What a person typed in NFC, so that what looks the same is the same. It ends after 1,000 characters, because the time
 * that composing takes grows by the square of the marks on one letter: a megabyte of them would stop the server for a minute.
 */
export function composed(typed: string): string {
  return typed.slice(0, maxTyped).normalize('NFC');
}

/** Characters of a line, white space included: more than all names that a field may hold, typed in the longest way. */
export const maxTypedLine = 5_000;

/**
 * One line that a person typed, in NFC: white space is made single, as are control characters and lone surrogates, which
 * Postgres refuses. Marks that turn the reading direction are taken out: they would rearrange the page around it.
 */
export function composedLine(typed: string): string {
  return composed(
    typed
      .trim()
      .slice(0, maxTypedLine)
      .replace(/\p{Bidi_Control}/gu, '')
      .replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
      .trim(),
  );
}
