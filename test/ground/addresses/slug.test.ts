import { describe, expect, it, onTestFinished } from 'vitest';
import { Invalid } from '../../../src/ground/text/errors.ts';
import { foldCase, randomSlug, readSlug, slugKey } from '../../../src/ground/addresses/slug.ts';

const nothingReserved = () => false;
const read = (typed: string) => readSlug(typed, nothingReserved);

function refusalOf(typed: string, isReserved: (key: string) => boolean = nothingReserved): Invalid {
  try {
    const slug = readSlug(typed, isReserved);
    throw new Error(`${JSON.stringify(typed)} was read as ${slug}`);
  } catch (error) {
    if (error instanceof Invalid) return error;
    throw error;
  }
}

/** Every character of Unicode that a string may hold alone. */
function* characters(): Generator<string> {
  for (let point = 0x21; point <= 0x10ffff; point += 1) {
    if (point < 0xd800 || point > 0xdfff) yield String.fromCodePoint(point);
  }
}

describe('a random slug', () => {
  it('has seven characters that nobody mistakes for one another', () => {
    for (let count = 0; count < 2_000; count += 1) expect(randomSlug()).toMatch(/^[2-9a-hjkmnp-z]{7}$/);
  });

  it('is as long as it is asked to be', () => {
    expect(randomSlug(12)).toHaveLength(12);
  });

  it('uses each character about as often as any other', () => {
    const seen = new Map<string, number>();
    for (const character of Array.from({ length: 4_000 }, () => randomSlug()).join(''))
      seen.set(character, (seen.get(character) ?? 0) + 1);
    const expected = 28_000 / 31;
    expect(seen.size).toBe(31);
    for (const count of seen.values()) {
      expect(count).toBeGreaterThan(expected * 0.75);
      expect(count).toBeLessThan(expected * 1.25);
    }
  });

  it('does not repeat itself', () => {
    const slugs = new Set(Array.from({ length: 10_000 }, () => randomSlug()));
    expect(slugs.size).toBeGreaterThan(9_990);
  });

  it('is no word of ours', () => {
    for (let count = 0; count < 200; count += 1)
      expect(randomSlug(7, (slug) => !/^[a-f]/.test(slug))).toMatch(/^[a-f].{6}$/);
  });

  it('does not swear', () => {
    for (let count = 0; count < 20_000; count += 1) expect(randomSlug(12)).not.toMatch(/fuck|cunt|ass|sex/);
  });
});

describe('the key of a slug', () => {
  it.each([
    ['Spring', 'spring'],
    ['STRASSE', 'straße'],
    ['STRAẞE', 'strasse'],
    ['İstanbul', 'i̇stanbul'],
    ['ΟΔΟΣ', 'οδος'],
    ['οδοσ', 'οδος'],
    ['ｓａｌｅ', 'sale'],
    ['ﬁnd', 'FIND'],
    ['cafe\u0301', 'CAFÉ'],
    ['Kelvin', 'kelvin'],
  ])('is the same for %s and %s', (one, other) => {
    expect(foldCase(one)).toBe(foldCase(other));
  });

  it('tells different slugs apart', () => {
    const different = ['spring', 'spring-2', 'spring_2', 'spring.2', 'sprıng2', 'весна', 'sprïng'];
    expect(new Set(different.map(foldCase)).size).toBe(different.length);
  });

  it('does not change when it is made again, whatever the case and form of a letter', () => {
    const unstable: string[] = [];
    for (const letter of characters()) {
      const key = foldCase(letter);
      const forms = [
        key,
        letter.toUpperCase(),
        letter.toLowerCase(),
        letter.normalize('NFD'),
        letter.normalize('NFKC'),
      ];
      if (forms.some((form) => foldCase(form) !== key)) unstable.push(letter);
    }
    expect(unstable).toEqual([]);
  });
});

describe('the key of a slug on a domain', () => {
  it('is the folded slug where case does not count, and the slug itself where it does', () => {
    for (const slug of ['spring', 'Spring', 'SPRING-2024_x', 'Straße', 'ÜBER'])
      expect([slugKey(slug, { isCaseSensitive: false }), slugKey(slug, { isCaseSensitive: true })]).toEqual([
        foldCase(slug),
        slug,
      ]);
  });

  it('makes compatibility forms equal in either way', () => {
    for (const [one, other] of [
      ['ｓＡＬＥ', 'sALE'],
      ['cafe\u0301', 'café'],
      ['ﬁnd', 'find'],
    ] as const)
      expect(slugKey(one, { isCaseSensitive: true })).toBe(slugKey(other, { isCaseSensitive: true }));
  });
});

describe('a typed slug', () => {
  it.each([
    ['spring', 'spring'],
    ['  Spring-Sale_2026 ', 'Spring-Sale_2026'],
    ['/spring', 'spring'],
    ['a', 'a'],
    ['v1.2~beta', 'v1.2~beta'],
    ['_draft', '_draft'],
    ['grüße', 'grüße'],
    ['gru\u0308n', 'gr\u00fcn'],
    ['весна', 'весна'],
    ['春', '春'],
    ['मराठी', 'मराठी'],
  ])('%j is kept as %j', (typed, slug) => {
    expect(read(typed)).toBe(slug);
  });

  it.each([
    ['nothing', ''],
    ['only spaces', '   '],
    ['a space', 'spring sale'],
    ['a slash', 'spring/sale'],
    ['a percent sign', '%2e%2e'],
    ['a question mark', 'a?b'],
    ['a hash', 'a#b'],
    ['a plus sign, which asks for the preview', 'spring+'],
    ['a dot in front', '.well-known'],
    ['a dot behind, which mail programs take for the end of a sentence', 'spring.'],
    ['two dots', '..'],
    ['a hyphen in front', '-spring'],
    ['a tilde in front', '~root'],
    ['a NUL', 'a\0b'],
    ['a line break', 'a\nb'],
    ['a zero-width space', 'spr\u200bing'],
    ['a zero-width joiner', 'spr\u200ding'],
    ['a mark that turns the direction', 'spr\u202eing'],
    ['a soft hyphen', 'spr\u00ading'],
    ['a Hangul filler, a letter that nobody sees', 'spring\u3164'],
    ['a variation selector', 'spring\ufe0f'],
    ['a mark without its letter', '\u0301spring'],
    ['a letter that unfolds into words with spaces', '\ufdfa'],
    ['half a character', 'a\ud800'],
    ['a backslash', 'a\\b'],
    ['a quote', 'a"b'],
    ['an emoji', 'spring🌱'],
    ['101 characters', 'a'.repeat(101)],
  ])('is refused with %s', (_what, typed) => {
    const refusal = refusalOf(typed);
    expect(refusal.field).toBe('slug');
    expect(refusal.code).toBe('slug_invalid');
    expect(refusal.message).toMatch(/^A slug .*\.$/);
  });

  it('may have 100 characters', () => {
    expect(read('a'.repeat(100))).toHaveLength(100);
  });

  it.each([
    ['Latin and Cyrillic', 'pаypal'],
    ['Latin and Greek', 'gοοgle'],
    ['Latin and Cherokee', 'Ꭺpple'],
    ['Cyrillic and Greek', 'веснаο'],
  ])('may not mix %s, which look alike', (_alphabets, typed) => {
    expect(refusalOf(typed).message).toBe('A slug may not mix alphabets that look alike.');
  });

  it('may hold digits and hyphens beside any one alphabet', () => {
    expect(read('весна-2026')).toBe('весна-2026');
  });

  it.each(['links', 'LINKS', 'ｌｉｎｋｓ', 'Linkſ'])('%s is refused when its key is a word of ours', (typed) => {
    const refusal = refusalOf(typed, (key) => key === 'links');
    expect(refusal.code).toBe('slug_reserved');
    expect(refusal.field).toBe('slug');
  });

  it('goes through a URL and back unchanged, whatever letters it holds', () => {
    const { stackTraceLimit } = Error;
    // Nobody reads where a million refusals came from.
    Error.stackTraceLimit = 0;
    onTestFinished(() => void Object.assign(Error, { stackTraceLimit }));
    const broken: string[] = [];
    for (const letter of characters()) {
      let slug: string;
      try {
        slug = read(`a${letter}`);
      } catch (error) {
        if (error instanceof Invalid) continue;
        throw error;
      }
      const path = new URL(`https://go.acme.com/${encodeURIComponent(slug)}`).pathname;
      if (decodeURIComponent(path) !== `/${slug}` || read(slug) !== slug || !/^[^\s/%\p{C}]+$/u.test(foldCase(slug)))
        broken.push(slug);
    }
    expect(broken).toEqual([]);
  });
});
