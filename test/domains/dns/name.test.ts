import { describe, expect, it } from 'vitest';
import { isApex, nameInZone, readHost, showHost } from '../../../src/domains/dns/name.ts';
import { AppError } from '../../../src/ground/text/errors.ts';
import { ownTimeOf } from '../../setup/own-time.ts';

const ours = new Set(['app.example.com', 'go.example.com']);

function refused(typed: string): string | undefined {
  try {
    return `taken as ${readHost(typed, ours).host}`;
  } catch (error) {
    return error instanceof AppError && error.field === 'host' ? error.code : String(error);
  }
}

describe('what people type', () => {
  it.each([
    ['go.acme.com', 'go.acme.com'],
    [' Go.ACME.com ', 'go.acme.com'],
    ['https://Go.Acme.com/', 'go.acme.com'],
    ['http://go.acme.com/path?query#fragment', 'go.acme.com'],
    ['go.acme.com.', 'go.acme.com'],
    ['go.acme.com?x', 'go.acme.com'],
    ['go。acme。com', 'go.acme.com'],
    ['ｇｏ.acme.com', 'go.acme.com'],
    ['Bücher.de', 'xn--bcher-kva.de'],
    ['xn--bcher-kva.de', 'xn--bcher-kva.de'],
    ['faß.de', 'xn--fa-hia.de'],
    ['go.acme.test', 'go.acme.test'],
    ['me.github.io', 'me.github.io'],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`],
    ['a.b.c.d.e.f.g.h.acme.com', 'a.b.c.d.e.f.g.h.acme.com'],
  ])('%s is the host %s', (typed, host) => {
    expect(readHost(typed, ours).host).toBe(host);
  });

  it.each([
    ['', 'host_missing'],
    ['https://', 'host_missing'],
    ['192.0.2.1', 'host_ip'],
    ['http://[2001:db8::1]/', 'host_ip'],
    ['2001:db8::1', 'host_ip'],
    ['0x7f.1', 'host_ip'],
    ['2130706433', 'host_ip'],
    ['１２７.0.0.1', 'host_ip'],
    ['go.acme.com:8080', 'host_port'],
    ['go.acme.com:', 'host_port'],
    ['*.acme.com', 'host_wildcard'],
    ['acme', 'host_single_label'],
    ['localhost', 'host_single_label'],
    ['com', 'host_single_label'],
    ['co.uk', 'host_suffix'],
    ['github.io', 'host_suffix'],
    ['GO.example.com', 'host_ours'],
    ['app.example.com.', 'host_ours'],
    ['user@acme.com', 'host_invalid'],
    ['go acme.com', 'host_invalid'],
    ['go..acme.com', 'host_invalid'],
    ['.acme.com', 'host_invalid'],
    ['-go.acme.com', 'host_invalid'],
    ['go_.acme.com', 'host_invalid'],
    ['xn--a.com', 'host_invalid'],
    ['go.acme.com%00', 'host_invalid'],
    ['<script>.com', 'host_invalid'],
    [`${'a'.repeat(64)}.com`, 'host_invalid'],
    [`${'a.'.repeat(126)}com`, 'host_too_long'],
    [`${'a'.repeat(300)}.com`, 'host_too_long'],
    ['x'.repeat(100_000), 'host_too_long'],
    ['a.b.c.d.e.f.g.h.i.acme.com', 'host_too_deep'],
  ])('%s is refused: %s', (typed, code) => {
    expect(refused(typed)).toBe(code);
  });
});

/** Different letters of a script without cases: punycode of them takes time by the square of their number. */
const manyLetters = (count: number) =>
  String.fromCodePoint(...Array.from({ length: count }, (_, index) => 0x4e00 + ((index * 7_919) % 20_000)));

describe('a name that no domain can have', () => {
  it('is refused before it costs anything', () => {
    const typed = `${manyLetters(50_000)}.com`;
    expect(refused(typed)).toBe('host_too_long');
    expect(ownTimeOf(() => refused(typed))).toBeLessThan(100);
  });
});

describe('apex and subdomain', () => {
  it.each([
    ['acme.com', true, 'acme.com'],
    ['go.acme.com', false, 'acme.com'],
    ['acme.co.uk', true, 'acme.co.uk'],
    ['a.b.acme.co.uk', false, 'acme.co.uk'],
    ['me.github.io', true, 'me.github.io'],
  ])('%s', (host, apex, zone) => {
    expect(readHost(host, ours)).toMatchObject({ isApex: apex, zone });
    expect(isApex(host)).toBe(apex);
  });

  it('name records as providers ask for them', () => {
    expect(nameInZone('_waymark.go.acme.co.uk', 'go.acme.co.uk')).toBe('_waymark.go');
    expect(nameInZone('go.acme.co.uk', 'go.acme.co.uk')).toBe('go');
    expect(nameInZone('acme.com', 'acme.com')).toBe('@');
  });
});

describe('look-alikes', () => {
  it.each([
    'xn--80ak6aa92e.com', // apple in Cyrillic letters alone
    'аcme.com', // one Cyrillic letter
    'gο.acme.com', // a Greek omicron
    'раypal.com',
  ])('%s is shown as punycode', (typed) => {
    const { host, shown, isLookAlike } = readHost(typed, ours);
    expect([isLookAlike, shown]).toEqual([true, host]);
    expect(shown).toContain('xn--');
  });

  it.each(['bücher.de', 'почта.рф', 'δοκιμή.gr', '例え.jp', 'go.acme.com', 'straße7-a.de'])(
    '%s is shown as it is',
    (typed) => {
      expect(readHost(typed, ours)).toMatchObject({ isLookAlike: false, shown: typed });
      expect(showHost(readHost(typed, ours).host).shown).toBe(typed);
    },
  );
});
