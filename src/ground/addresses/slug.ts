import { customAlphabet } from 'nanoid';
import { composed } from '../text/composed.ts';
import { Invalid } from '../text/errors.ts';

/** Letters and digits that nobody mistakes for one another, in one case: short links are read aloud and typed. */
const characters = '23456789abcdefghjkmnpqrstuvwxyz';

/** 31^7 slugs, 27 thousand millions; the caller asks for more characters when a domain is crowded. */
export const randomSlugLength = 7;
export const maxSlugLength = 100;

const letters: (length: number) => string = customAlphabet(characters, randomSlugLength);

/** Random slugs must not swear: these syllables, in the alphabet above, are drawn again. */
const unfortunate =
  /fuck|fuk|sh[2t]t|cunt|kunt|fag|nzg|n[2g]gger|s[e3]x|p[e3]n[ys]s|ass|tw[a4]t|nazy|rap[e3]|cum|dyk[e3]|wank/;

/**
 * A new random slug from a CSPRNG (nanoid rejects, it does not take a modulo).
 * @param isReserved tells words that it may not be; they are drawn again
 */
export function randomSlug(length = randomSlugLength, isReserved = (_slug: string) => false): string {
  for (;;) {
    const slug = letters(length);
    if (!unfortunate.test(slug) && !isReserved(slug)) return slug;
  }
}

/** Whether a slug could have been drawn: no word that says anything. */
export const isDrawn = (slug: string): boolean => drawn.test(slug);

const drawn = new RegExp(`^[${characters}]{${randomSlugLength},}$`);

const plain = /^[a-z0-9_-]+$/;

/** How a domain tells its slugs apart; a row of `domains` is one. */
export type CasePolicy = { readonly isCaseSensitive: boolean };

/** The key by which a domain tells slugs apart: compatibility forms are made equal (NFKC), and letter case unless it counts. */
export function slugKey(slug: string, { isCaseSensitive }: CasePolicy): string {
  return isCaseSensitive ? slug.normalize('NFKC') : foldCase(slug);
}

/**
 * Makes compatibility forms (NFKC) and letter case equal. Case goes down, up and down again because lower-casing alone
 * keeps ß apart from ss, and upper-casing alone keeps ẞ apart from ß.
 */
export function foldCase(text: string): string {
  if (plain.test(text)) return text;
  return text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

/** Letters, their marks, digits and - _ . ~ in any script; the rest belongs to URLs or to nobody. */
const allowed = /^[\p{L}\p{M}\p{Nd}\-_.~]+$/u;

/** Letters and marks that leave no trace on paper, such as the Hangul fillers and variation selectors. */
const invisible = /\p{Default_Ignorable_Code_Point}/u;

/** Alphabets whose letters pass for one another; two of them in one slug are a disguise. */
const lookalikes = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Lisu}/u,
];

/** A slug that cannot be as it was typed, with one like it that can. */
export class SlugUnwritable extends Invalid {
  readonly reason: string;
  readonly suggestion: string;

  constructor(reason: string, suggestion: string) {
    super(`${reason} Try ${suggestion}.`, { field: 'slug', code: 'slug_invalid' });
    this.reason = reason;
    this.suggestion = suggestion;
  }
}

/**
 * Reads a slug as a person typed it.
 * @param isReserved tells whether a folded slug is a word of ours on that domain, which it stays in any case
 * @returns the slug in NFC, as it will be shown
 * @throws Invalid (field `slug`) with the reason, SlugUnwritable where hyphens between its words are enough
 */
export function readSlug(typed: string, isReserved: (key: string) => boolean): string {
  try {
    return readWritten(typed, isReserved);
  } catch (error) {
    if (!(error instanceof Invalid) || error.code !== 'slug_invalid') throw error;
    const hyphened = hyphenedSlug(typed, isReserved);
    if (hyphened === null) throw error;
    throw new SlugUnwritable(/\s/.test(typed.trim()) ? 'A slug has no spaces.' : error.message, hyphened);
  }
}

/** Words with hyphens between them instead of spaces and all that a slug may not hold; null where that is no slug either. */
function hyphenedSlug(typed: string, isReserved: (key: string) => boolean): string | null {
  const words = composed(typed.trim())
    .replace(/['‘’"“”„«»]/gu, '')
    .replace(/[^\p{L}\p{M}\p{Nd}\-_.~]+/gu, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[-.~]+|[-.]+$/g, '');
  try {
    return readWritten(words, isReserved);
  } catch {
    return null;
  }
}

function readWritten(typed: string, isReserved: (key: string) => boolean): string {
  const slug = composed(typed.trim()).replace(/^\/+/, '');
  const refuse = (sentence: string) => new Invalid(sentence, { field: 'slug', code: 'slug_invalid' });
  if (slug === '') throw refuse('A slug needs at least one character.');
  if (slug.length > maxSlugLength) throw refuse(`A slug has at most ${maxSlugLength} characters.`);
  const plainForm = slug.normalize('NFKC');
  if (!allowed.test(slug) || !allowed.test(plainForm) || invisible.test(slug))
    throw refuse('A slug may hold letters, digits and - _ . ~ only.');
  if (/^[.~\-\p{M}]|\.$/u.test(plainForm))
    throw refuse('A slug starts with a letter, a digit or _ and does not end with a dot.');
  if (lookalikes.filter((alphabet) => alphabet.test(plainForm)).length > 1)
    throw refuse('A slug may not mix alphabets that look alike.');
  if (isReserved(foldCase(slug))) throw slugReserved(slug);
  return slug;
}

export const slugReserved = (slug: string): Invalid =>
  new Invalid(`"${slug}" is a word that this domain needs itself.`, { field: 'slug', code: 'slug_reserved' });
