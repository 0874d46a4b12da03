import { describe, expect, it } from 'vitest';
import { deviceTypes, readDevice } from '../../../src/visitors/visits/device.ts';
import { readCorpus } from '../machines/corpus/requests.ts';
import { ownTimeOf } from '../../setup/own-time.ts';

const summary = (userAgent: string, headers = {}) => {
  const { device, os, browser } = readDevice(userAgent, headers);
  return `${device} / ${os} / ${browser}`;
};

const linuxChrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';

describe('what a user agent tells about the device', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
      'desktop / Windows / Chrome',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0',
      'desktop / Windows / Edge',
    ],
    ['Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko', 'desktop / Windows / Internet Explorer'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
      'desktop / macOS / Safari',
    ],
    ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0', 'desktop / Linux / Firefox'],
    [
      'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
      'desktop / ChromeOS / Chrome',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
      'mobile / iOS / Safari',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1',
      'mobile / iOS / Chrome',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
      'mobile / iOS / Safari',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1',
      'tablet / iOS / Chrome',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36',
      'mobile / Android / Chrome',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
      'tablet / Android / Chrome',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36',
      'mobile / Android / Samsung Internet',
    ],
    [
      'Mozilla/5.0 (Linux; Android 13; SM-A546B Build/TP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0 Mobile Safari/537.36',
      'mobile / Android / Chrome',
    ],
    [
      'Opera/9.80 (Android; Opera Mini/80.0.2254/191.308; U; en) Presto/2.12.423 Version/12.16',
      'mobile / Android / Opera',
    ],
    [
      'Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36',
      'tv / Tizen / Safari',
    ],
    [
      'Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15',
      'console / PlayStation / Safari',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 Instagram 357.1.3.32.100 (iPhone14,5; iOS 18_1)',
      'mobile / iOS / Instagram',
    ],
    [
      'Mozilla/5.0 (Linux; Android 13; SM-S911B Build/TP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/489.0.0.66.81;]',
      'mobile / Android / Facebook',
    ],
    ['curl/8.5.0', 'other / null / null'],
    ['', 'other / null / null'],
  ])('%s is %s', (userAgent, expected) => {
    expect(summary(userAgent)).toBe(expected);
  });

  it('names the app apart, for those who ask where a click came from', () => {
    expect(readDevice('Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) [LinkedInApp]/9.30', {}).app).toBe(
      'LinkedIn',
    );
    expect(readDevice(linuxChrome, {}).app).toBeNull();
  });

  it('knows device and system of everyone in the corpus, without versions', () => {
    const people = readCorpus().filter(({ reason }) => reason.startsWith('human:'));
    const unclear = people.filter(({ headers }) => {
      const { device, os, browser } = readDevice(headers['user-agent'], headers);
      return (
        !deviceTypes.includes(device) ||
        device === 'other' ||
        os === null ||
        browser === null ||
        /\d\.\d/.test(os + browser)
      );
    });
    // These name no browser, no system or no kind of device: consoles, a car, maps, text browsers, a mail program.
    const nameless = /Nintendo|PlayStation 4 5|Tesla|GmmClient|\tDillo|\tw3m|Sparrow/;
    expect(unclear.map(({ line }) => line).filter((line) => !nameless.test(line))).toEqual([]);
  });
});

describe('where the user agent hides the truth', () => {
  it('believes the hint that a Linux desktop is an Android phone or tablet', () => {
    expect(summary(linuxChrome, { 'sec-ch-ua-platform': '"Android"', 'sec-ch-ua-mobile': '?1' })).toBe(
      'mobile / Android / Chrome',
    );
    expect(summary(linuxChrome, { 'sec-ch-ua-platform': '"Android"', 'sec-ch-ua-mobile': '?0' })).toBe(
      'tablet / Android / Chrome',
    );
    expect(summary(linuxChrome, { 'sec-ch-ua-platform': '"Chrome OS"' })).toBe('desktop / ChromeOS / Chrome');
  });

  it('keeps the name of a system that is no desktop', () => {
    const television =
      'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0 Safari/537.36';
    expect(summary(television, { 'sec-ch-ua-platform': '"Linux"' })).toBe('tv / webOS / Chrome');
  });

  it('ignores a hint that is no platform', () => {
    expect(summary(linuxChrome, { 'sec-ch-ua-platform': '"<script>"' })).toBe('desktop / Linux / Chrome');
    expect(summary(linuxChrome, { 'sec-ch-ua-platform': 'constructor' })).toBe('desktop / Linux / Chrome');
    expect(summary(linuxChrome, { 'sec-ch-ua-platform': '"Unknown"' })).toBe('desktop / Linux / Chrome');
  });

  it('sees the iPad behind a Macintosh when its browser exists on iPads only', () => {
    const desktopSite =
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131 Version/11.1.1 Safari/605.1.15';
    expect(summary(desktopSite)).toBe('tablet / iOS / Chrome');
  });
});

describe('hostile user agents', () => {
  it('are read in little time, whatever they repeat', () => {
    const parts = ['droid ', 'naver(1.', 'droid 1 version/', 'musical_ly', 'windows ', 'microm qbcore/', 'a/1 ', '((('];
    const readAll = () => {
      for (const first of parts) for (const second of parts) readDevice((first + second).repeat(1_000), {});
    };
    expect(ownTimeOf(readAll)).toBeLessThan(500);
  });

  it('give no name longer than 40 characters', () => {
    const parts = ['nokia browser', 'Opera Tablet', 'constructor', '__proto__', 'toString'];
    for (const part of parts) {
      const { os, browser } = readDevice(`Mozilla/5.0 (${part}; ${part}) ${part}/1.0 `.repeat(20), {});
      expect(`${os}`.length).toBeLessThanOrEqual(40);
      expect(`${browser}`.length).toBeLessThanOrEqual(40);
    }
  });
});

const windowsChrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

describe('the browser that Sec-CH-UA names', () => {
  it.each([
    ['Brave', 'Brave'],
    ['DuckDuckGo', 'DuckDuckGo'],
    ['Vivaldi', 'Vivaldi'],
    ['Opera GX', 'Opera'],
    ['Avast Secure Browser', 'Avast Secure Browser'],
    ['Google Chrome', 'Chrome'],
    ['Some Other', 'Chrome'],
  ])('"%s" is %s', (brand, browser) => {
    const header = `"Chromium";v="142", "${brand}";v="142", "Not_A Brand";v="99"`;
    expect(readDevice(windowsChrome, { 'sec-ch-ua': header }).browser).toBe(browser);
  });

  it('is DuckDuckGo where it draws with Edge', () => {
    const header = '"Microsoft Edge";v="142", "Chromium";v="142", "DuckDuckGo";v="142"';
    expect(readDevice(`${windowsChrome} Edg/142.0.0.0`, { 'sec-ch-ua': header }).browser).toBe('DuckDuckGo');
  });

  it('takes no time to be read, whatever it holds', () => {
    for (const header of ['"'.repeat(16_000), '"a";'.repeat(4_000), '"Brave"']) {
      expect(readDevice(windowsChrome, { 'sec-ch-ua': header }).browser).toBe('Chrome');
    }
  });
});

describe('a web view of Android', () => {
  const webView = (version: string) =>
    `Mozilla/5.0 (Linux; Android 14; SM-S928B Build/UP1A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 ${version} Mobile Safari/537.36`;

  it('is Chrome, and not the browser that ended with Android 4.4', () => {
    expect(summary(webView('Chrome/130.0.0.0'))).toBe('mobile / Android / Chrome');
    expect(
      summary(
        'Mozilla/5.0 (Linux; U; Android 4.0.3; de-de; GT-I9100 Build/IML74K) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30',
      ),
    ).toBe('mobile / Android / Android Browser');
  });

  it.each([
    ['com.snapchat.android', 'Snapchat'],
    ['org.telegram.messenger', 'Telegram'],
    ['com.linkedin.android', 'LinkedIn'],
    ['com.google.android.youtube', 'YouTube'],
    ['com.microsoft.office.outlook', 'Outlook'],
  ])('of %s is %s', (id, app) => {
    expect(readDevice(webView('Chrome/130.0.0.0'), { 'x-requested-with': id })).toMatchObject({ app, browser: app });
  });

  it('of an app that nobody knows, or of a script, is the browser that draws it', () => {
    for (const header of ['com.example.reader', 'XMLHttpRequest', 'constructor'])
      expect(readDevice(webView('Chrome/130.0.0.0'), { 'x-requested-with': header })).toMatchObject({
        app: null,
        browser: 'Chrome',
      });
  });
});

describe('televisions and other screens', () => {
  it.each([
    [
      'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager',
      'tv',
    ],
    [
      'Mozilla/5.0 (Unknown; Linux armv7l) AppleWebKit/537.1+ (KHTML, like Gecko) Safari/537.1+ LG Browser/6.00.00',
      'tv',
    ],
    [
      'Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0 Safari/537.36',
      'tv',
    ],
    ['Mozilla/5.0 (Linux; Andr0id 9) AppleWebKit/537.36 (KHTML, like Gecko) YaBrowser/20.2.4 TV Safari/537.36', 'tv'],
    [
      'Mozilla/5.0 (Linux; Android 11; 4K Google TV Stick Build/RTT1; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0 Safari/537.36',
      'tv',
    ],
    [
      'Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7233) AppleWebKit/537.36 (KHTML, like Gecko) Silk/90 like Chrome/90.0 Safari/537.36',
      'tv',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22G86 Instagram 380.0.0.0 (iPad14,1; iPadOS 18_6; de_DE)',
      'tablet',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; CPH2451) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36',
      'mobile',
    ],
  ])('%s is %s', (agent, device) => {
    expect(readDevice(agent, {}).device).toBe(device);
  });
});

describe('a system', () => {
  it.each([
    ['Mozilla/5.0 (WEBOS; Linux) AppleWebKit/537.36', 'webOS'],
    ['Mozilla/5.0 (Mobile; Nokia_2720_Flip; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5', 'KaiOS'],
    ['Mozilla/5.0 (Mobile; rv:48.0) Gecko/48.0 Firefox/48.0 KaiOS/2.5', 'KaiOS'],
    ['Mozilla/5.0 (PLAYSTATION 3; 1.00)', 'PlayStation'],
    ['Mozilla/5.0 (SAMSUNG; SAMSUNG-GT-S8500; U; bada/1.0; en) AppleWebKit/533.1 Dolfin/2.0', 'Bada'],
    ['Mozilla/5.0 (compatible; MSIE 9.0; Windows Phone OS 7.5; Trident/5.0; IEMobile/9.0)', 'Windows Phone'],
    ['Opera/9.80 (Linux mips; NETRANGEMMH; HbbTV/1.2.1) Presto/2.12 Version/12.51', null],
    ['Mozilla/5.0 NETTV/4.6.0.1 SmartTvA/5.0', null],
  ])('of %s is %s', (agent, os) => {
    expect(readDevice(agent, {}).os).toBe(os);
  });
});
