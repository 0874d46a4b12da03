const printableAscii = /^[\x20-\x7e]*$/;
const unwanted = /[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu;

/**
 * The first `max` UTF-16 units of a text.
 * A longer text is copied: V8's `slice` alone would keep the whole header alive for as long as a cache holds the key.
 */
export function cutText(text: string, max: number): string {
  return text.length > max ? Buffer.from(text.slice(0, max)).toString() : text;
}

/**
 * Makes a visitor's text fit to be stored and shown: at most `max` UTF-16 units, without control characters
 * (Postgres refuses NUL), lone surrogates (Postgres refuses those too) and marks that turn the reading direction.
 * Every text that a visitor sends and we store passes here.
 */
export function cleanText(text: string, max: number): string {
  const start = text.slice(0, max);
  const clean = printableAscii.test(start) ? start : start.replace(unwanted, '');
  return text.length > max ? Buffer.from(clean).toString() : clean;
}
