import { describe, expect, it } from 'vitest';
import { readReferrer } from '../../../src/visitors/visits/referrer.ts';
import { ownTimeOf } from '../../setup/own-time.ts';

describe('the referrer', () => {
  it.each([
    ['https://www.example.com/a?b=c#d', 'example.com'],
    ['http://Example.COM:8080', 'example.com'],
    ['https://news.example.co.uk/', 'news.example.co.uk'],
    ['https://mywww.example.com/', 'mywww.example.com'],
    ['https://user:secret@example.com/', 'example.com'],
    ['https://example.com./', 'example.com'],
    ['https://xn--bcher-kva.example/', 'xn--bcher-kva.example'],
    ['https://example.com?x', 'example.com'],
    ['https://4chan.example1/', '4chan.example1'],
    ['http://intranet/', 'intranet'],
  ])('%s is %s', (header, host) => {
    expect(readReferrer(header)).toEqual({ host, isApp: false });
  });

  it('can be an app', () => {
    expect(readReferrer('android-app://com.Slack/')).toEqual({ host: 'com.slack', isApp: true });
    expect(readReferrer('ios-app://284882215/fb')).toEqual({ host: '284882215', isApp: true });
  });

  it.each([
    undefined,
    '',
    'about:blank',
    'example.com',
    '//example.com',
    'file:///etc/passwd',
    'data:text/html,x',
    'javascript://example.com/%0aalert(1)',
    'https://',
    'https:///path',
    'https://<script>/',
    'https://exa mple.com/',
    "https://x'--.com/",
    'https://a..b/',
    'https://-a.com/',
    'https://a\0b.com/',
    'https://[::1]/',
    'http://81.2.69.142:8080/x',
    'http://www.81.2.69.142/',
    'http://1359103374/',
    'http://0x51.0x2.0x458e/',
    `https://${'a'.repeat(64)}.com/`,
    `https://${'a.'.repeat(200)}com/`,
  ])('is none for %s', (header) => {
    expect(readReferrer(header)).toEqual({ host: null, isApp: false });
  });

  it('is none when the visitor comes from a host of ours', () => {
    const ownHosts = new Set(['go.acme.com']);
    expect(readReferrer('https://go.acme.com/spring+', ownHosts).host).toBeNull();
    expect(readReferrer('https://www.go.acme.com/', ownHosts).host).toBeNull();
    expect(readReferrer('https://acme.com/', ownHosts).host).toBe('acme.com');
  });

  it('is read in little time from anything', () => {
    const parts = ['a', 'a.', '-', 'a-', '@', ':', 'www.', '1:'];
    const readAll = () => parts.map((part) => readReferrer(`https://${part.repeat(100_000)}!`));
    expect(ownTimeOf(readAll)).toBeLessThan(200);
  });
});
