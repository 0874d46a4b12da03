import { describe, expect, it } from 'vitest';
import { Invalid } from '../../../src/ground/text/errors.ts';
import { locationOf, readDestination, warningAbout, withQuery } from '../../../src/ground/addresses/destination.ts';
import { ownTimeOf } from '../../setup/own-time.ts';

function refusalOf(typed: string): Invalid {
  try {
    const url = readDestination(typed);
    throw new Error(`${JSON.stringify(typed)} was read as ${url}`);
  } catch (error) {
    if (error instanceof Invalid) return error;
    throw error;
  }
}

describe('a pasted destination', () => {
  it.each([
    'https://example.com',
    'http://example.com/',
    'HTTPS://Example.COM/Path',
    'https://example.com/a%2Bb+c?q=a+b&q=%20#top',
    'https://example.com/?b=2&a=1&b=3&empty=&flag',
    'https://example.com:8443/x',
    'https://example.com/über?straße=ß#ü',
    'https://münchen.example/',
    'https://fa.wikipedia.org/wiki/می%E2%80%8Cخواهم',
    'https://example.com/a\\b',
    'https://example.com/@someone',
    'https://example.com/%zz',
    'https://example.com/?next=https://other.example/?x=1',
    'https://[2001:db8::1]:8080/',
    'http://intranet/wiki',
    'https://example.com/\'"<>',
  ])('%s is kept byte for byte', (url) => {
    expect(readDestination(url)).toBe(url);
  });

  it.each([
    ['  https://example.com/a  \n', 'https://example.com/a'],
    ['example.com', 'https://example.com'],
    ['example.com:8443/x', 'https://example.com:8443/x'],
    ['//example.com/x', 'https://example.com/x'],
    ['www.example.com/?a=b:c', 'https://www.example.com/?a=b:c'],
  ])('%j becomes %j', (typed, url) => {
    expect(readDestination(typed)).toBe(url);
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(document.cookie)//https://example.com',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'blob:https://example.com/1',
    'view-source:https://example.com',
    'intent://scan/#Intent;scheme=zxing;end',
    'ftp://example.com/file',
    'ws://example.com',
    'mailto:someone@example.com',
    'myapp://open',
  ])('%s is refused for its scheme', (typed) => {
    const refusal = refusalOf(typed);
    expect(refusal.field).toBe('url');
    expect(refusal.code).toBe('url_scheme');
  });

  it.each([
    ['nothing', ''],
    ['white space only', ' \t\n '],
    ['several words', 'please shorten this'],
    ['a space', 'https://example.com/a b'],
    ['a tab inside the scheme', 'java\tscript:alert(1)'],
    ['a line break inside the scheme', 'java\nscript:alert(1)'],
    ['a line break that would forge a header', 'https://example.com/\r\nSet-Cookie: a=b'],
    ['a NUL', 'https://example.com/\0'],
    ['a no-break space', 'https://example.com/\u00a0a'],
    ['a line separator', 'https://example.com/\u2028a'],
    ['half a character', 'https://example.com/\ud800'],
    ['a mark that turns the direction of writing', 'https://example.com/\u202egnp.exe'],
    ['a mark of direction', 'https://example.com/\u200eexe'],
    ['a zero-width space', 'https://exam\u200bple.com/'],
    ['a zero-width joiner', 'https://example.com/a\u200db'],
    ['a soft hyphen', 'https://exam\u00adple.com/'],
    ['a Hangul filler', 'https://example.com/\u3164'],
    ['one word', 'example'],
    ['a path', '/spring'],
    ['a path that ends like a host', '/spring.html'],
    ['a scheme and nothing else', 'https://'],
    ['no host', 'https:///example.com'],
    ['one slash', 'https:/example.com'],
    ['no slashes', 'https:example.com'],
    ['backslashes for slashes', 'https:\\\\example.com'],
    ['a port that is none', 'https://example.com:99999/'],
    ['javascript with a number for a port', 'javascript:1/alert(1)'],
    ['a broken IPv6 address', 'https://[::1/'],
    ['a percent sign in the host', 'https://exa%00mple.com/'],
    ['a user name', 'https://user@example.com/'],
    ['a user name that looks like a host', 'https://accounts.example.com@evil.example/'],
    ['a password', 'https://user:secret@example.com/'],
    ['an empty user name', 'https://@example.com/'],
    ['a backslash that hides the real host', 'https://evil.example\\@example.com/'],
    ['an e-mail address', 'someone@example.com'],
    ['8,001 characters', `https://example.com/${'a'.repeat(7_981)}`],
    ['a host that nobody can have', `https://${'a.'.repeat(500)}example/`],
  ])('is refused with %s', (_what, typed) => {
    const refusal = refusalOf(typed);
    expect(refusal.field).toBe('url');
    expect(refusal.code).toBe('url_invalid');
    expect(refusal.message).toMatch(/^[A-Z].*\.$/);
  });

  it('may have 8,000 characters', () => {
    expect(readDestination(`https://example.com/${'a'.repeat(7_980)}`)).toHaveLength(8_000);
  });

  it('may have 8,000 characters as a header carries it: é takes six, a Chinese letter nine', () => {
    const head = 'https://example.com/'.length;
    expect(locationOf(readDestination(`https://example.com/${'é'.repeat((8_000 - head) / 6)}`))).toHaveLength(8_000);
    for (const text of [`${'é'.repeat((8_000 - head) / 6)}a`, '桜'.repeat(2_000), '😀'.repeat(1_000)])
      expect(() => readDestination(`https://example.com/${text}`)).toThrow(/once its special letters are encoded/);
  });

  it('is never anything that a browser would not open as http or https', () => {
    const pieces = [
      'https:',
      'http:',
      'javascript:',
      '//',
      '/',
      '\\',
      '@',
      ':',
      '80',
      'a.b',
      'x',
      '?',
      '#',
      '%',
      '[',
      ' ',
      '\t',
      '.',
      '\u202e',
      'é',
    ];
    let seed = 7;
    const pick = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return pieces[seed % pieces.length] ?? '';
    };
    let read = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const typed = Array.from({ length: 1 + (round % 7) }, pick).join('');
      let url: string;
      try {
        url = readDestination(typed);
      } catch (error) {
        expect(error).toBeInstanceOf(Invalid);
        continue;
      }
      read += 1;
      const parsed = new URL(url);
      expect(['http:', 'https:']).toContain(parsed.protocol);
      expect(parsed.username + parsed.password).toBe('');
      expect(url.endsWith(typed.trim().replace(/^\/\//, ''))).toBe(true);
      expect(locationOf(url)).toMatch(/^https?:\/\/[\x21-\x7e]+$/i);
      expect(new URL(locationOf(url)).href).toBe(parsed.href);
    }
    expect(read).toBeGreaterThan(100);
  });
});

describe('the Location of a destination', () => {
  it('is the destination itself while that is ASCII', () => {
    const url = 'HTTPS://Example.com/a%2Bb+c?q="x"&y=<z>|#{}';
    expect(locationOf(url)).toBe(url);
  });

  it.each([
    ['https://example.com/über?q=ß#ü', 'https://example.com/%C3%BCber?q=%C3%9F#%C3%BC'],
    ['https://münchen.example/', 'https://xn--mnchen-3ya.example/'],
    ['https://münchen.example:8443/ü', 'https://xn--mnchen-3ya.example:8443/%C3%BC'],
    ['https://例え.テスト', 'https://xn--r8jz45g.xn--zckzah'],
    ['https://[2001:db8::1]:80/ü', 'https://[2001:db8::1]:80/%C3%BC'],
    ['https://example.com/%2B+é%20', 'https://example.com/%2B+%C3%A9%20'],
    ['https://example.com/🌱', 'https://example.com/%F0%9F%8C%B1'],
  ])('%s is sent as %s', (url, location) => {
    expect(locationOf(url)).toBe(location);
  });
});

describe("a visitor's query", () => {
  it.each([
    ['https://example.com', '', 'https://example.com'],
    ['https://example.com', 'a=1', 'https://example.com?a=1'],
    ['https://example.com/', 'a=1&b=2', 'https://example.com/?a=1&b=2'],
    ['https://example.com/?x=%2B+y', 'a=1', 'https://example.com/?x=%2B+y&a=1'],
    ['https://example.com/#top', 'a=1', 'https://example.com/?a=1#top'],
    ['https://example.com/?x=1#a?b', 'a=1', 'https://example.com/?x=1&a=1#a?b'],
    ['https://example.com/?', 'a=1', 'https://example.com/?a=1'],
    ['https://example.com/?x=1&', 'a=1', 'https://example.com/?x=1&a=1'],
    ['https://example.com/?x=1', 'a=1&a=2', 'https://example.com/?x=1&a=1&a=2'],
    ['https://example.com/?x=1', 'flag', 'https://example.com/?x=1&flag'],
    ['https://example.com/?x=1', '&&', 'https://example.com/?x=1'],
  ])('%s with %s leads to %s', (location, query, result) => {
    expect(withQuery(location, query)).toBe(result);
  });

  it.each([
    ['the same name', 'utm_source=them'],
    ['the same name in other letters of the code', 'utm%5Fsource=them'],
    ['the name without a value', 'utm_source'],
  ])('does not override the destination by %s', (_how, query) => {
    const location = 'https://example.com/?utm_source=us';
    expect(withQuery(location, query)).toBe(location);
  });

  it('keeps what the destination says when the visitor adds something new beside it', () => {
    expect(withQuery('https://example.com/?a=us', 'a=them&b=2')).toBe('https://example.com/?a=us&b=2');
  });

  it('keeps broken escapes as they are', () => {
    expect(withQuery('https://example.com/?a=%zz', '%zz=1&b=%')).toBe('https://example.com/?a=%zz&%zz=1&b=%');
  });

  it('cannot change the host, the path or the fragment', () => {
    const queries = [
      '@evil.example',
      '//evil.example',
      'url=https://evil.example',
      '=',
      '&',
      '?',
      '..',
      '%0d%0aSet-Cookie:a',
      '\\',
      ':',
    ];
    for (const location of [
      'https://example.com',
      'https://example.com/p',
      'https://example.com/p?a=1',
      'https://example.com/p?a=1#f',
    ]) {
      for (const query of queries) {
        const [before, after] = [new URL(location), new URL(withQuery(location, query))];
        expect([after.origin, after.pathname, after.hash]).toEqual([before.origin, before.pathname, before.hash]);
        expect(after.search.startsWith(before.search)).toBe(true);
      }
    }
  });

  it('is left out where it is longer than an address, whatever of it the destination has already', () => {
    const location = 'https://example.com/?a=us';
    expect(withQuery(location, `${'a=1&'.repeat(2_001)}b=2`)).toBe(location);
    expect(withQuery(location, `${'a=1&'.repeat(1_900)}b=2`)).toBe(`${location}&b=2`);
  });

  it('costs little where it is made of thousands of broken escapes, and so is the destination', () => {
    const broken = '%ff&'.repeat(1_900);
    const location = `https://example.com/?${broken}`;
    expect(
      ownTimeOf(() => {
        for (let times = 0; times < 10; times++) withQuery(location, broken);
      }),
    ).toBeLessThan(60);
    expect(withQuery('https://example.com/?caf%C3%A9=1&x+y=2', 'caf%c3%a9=3&x%20y=4&z=5')).toBe(
      'https://example.com/?caf%C3%A9=1&x+y=2&z=5',
    );
  });

  it('is left out when the address would become longer than servers take', () => {
    const location = 'https://example.com/';
    expect(withQuery(location, `a=${'x'.repeat(8_000)}`)).toBe(location);
  });
});

describe('a destination that is no name of the public Internet', () => {
  it.each([
    ['http://intranet/wiki', '"intranet" is a name of a private network'],
    ['http://localhost:3000/', '"localhost" is a name of a private network'],
    ['http://intranet./', '"intranet" is a name of a private network'],
    ['http://192.168.1.20/', '192.168.1.20 is an IP address of a private network'],
    ['http://0x7f.1/', '127.0.0.1 is an IP address of a private network'],
    ['http://[fd00::1]:8080/', 'fd00::1 is an IP address of a private network'],
    ['https://8.8.8.8/', '8.8.8.8 is an IP address. Browsers and mail filters distrust'],
    ['https://[2606:4700::1111]/', '2606:4700::1111 is an IP address. Browsers'],
  ])('%s is taken with a warning', (url, words) => {
    expect(readDestination(url)).toBe(url);
    expect(warningAbout(url)).toContain(words);
  });

  it.each(['https://example.com/', 'https://münchen.example/', 'https://1.2.3.4.example/', 'https://example.com./'])(
    'there is nothing to say about %s',
    (url) => expect(warningAbout(url)).toBeNull(),
  );
});
