import { maxSlugLength } from '../../ground/addresses/slug.ts';

/**
 * Characters that a slug cannot end in (ground/addresses/slug.ts), and the same written as HTML or escaped once more. A `+` is none:
 * it asks for the preview, once.
 */
const punctuation = /(?:&(?:#\d{1,4}|#x[\da-f]{1,4}|[a-z]{2,6});|%(?!2b)[\da-f]{2}|[^\p{L}\p{M}\p{Nd}\-_~+])+$/iu;

/** Longer texts are no slug with the end of a sentence, and the search above would take its time with them. */
const longest = maxSlugLength + 30;

/**
 * A slug without what programs take along when they make a link of an address in a sentence: dot, bracket, quote.
 * @param slug decoded once, as it was asked for
 * @returns the slug itself where there is nothing to take off
 */
export function withoutPunctuation(slug: string): string {
  return slug.length > longest ? slug : slug.replace(punctuation, '');
}

/** A `+` at the end asks for the preview; no slug has one. Punctuation behind it says nothing. */
export function readAsked(slug: string): { name: string; isPreview: boolean } {
  const plusAt = slug.lastIndexOf('+');
  const isPreview = plusAt !== -1 && withoutPunctuation(slug.slice(plusAt + 1)) === '';
  return { name: isPreview ? slug.slice(0, plusAt) : slug, isPreview };
}
