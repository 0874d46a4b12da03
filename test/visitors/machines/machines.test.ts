import { describe, expect, it } from 'vitest';
import { shapeOf } from '../../../src/visitors/visits/agent-shape.ts';
import { reasonLabel } from '../../../src/visitors/machines/bots.ts';
import { classify, rules } from '../../../src/visitors/machines/classify.ts';
import { readDevice } from '../../../src/visitors/visits/device.ts';
import { signal } from '../../../src/visitors/machines/evidence.ts';

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';
const chrome = `${windows} Chrome/142.0.0.0 Safari/537.36`;
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';
const safari =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15';
const android = (device: string, behind = 'Chrome/137.0.0.0 Mobile Safari/537.36') =>
  `Mozilla/5.0 (Linux; Android 14; ${device}) AppleWebKit/537.36 (KHTML, like Gecko) ${behind}`;
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';

const navigation = { 'accept-language': 'en', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const reasonOf = (userAgent: string, headers: Record<string, string> = navigation, isSecure = true) =>
  classify({ method: 'GET', headers: { 'user-agent': userAgent, ...headers }, isSecure }).reason;

describe('machines that have no name of ours', () => {
  it.each([
    ['Mozilla/5.0 (compatible; TrendsmapResolver/0.1)', 'crawler:isbot'],
    ['Mozilla/5.0 (compatible; tracemyfile/1.0)', 'crawler:isbot'],
    ['Mozilla/5.0 (compatible; Something/2.3.4; Other)', 'crawler:isbot'],
    ['Mozilla/5.0 (compatible)', 'crawler:isbot'],
    ['Mozilla/5.0 (X11; Linux x86_64)', 'crawler:isbot'],
    ['Mozilla/4.0 (Hydra)', 'crawler:isbot'],
    ['Mozilla/5.0 Keydrop', 'crawler:isbot'],
    ['Mozilla/5.0 (HeadOnlyScraperV2)', 'crawler:isbot'],
    ['Mozilla/5.0 (compatible; MSIE 8.0; Windows NT 5.1) Streamline3Bot/1.0', 'crawler:isbot'],
    ['Mozilla/5.0 (compatible; MSIE 8.0; Windows NT 5.1) Catalogue7Crawler/1.0', 'crawler:isbot'],
    ['AcmeSecurityScanner/2.0 (+https://acme.example)', 'scanner:other'],
    ['Mozilla/5.0 (compatible; AcmeLinkPreview/1.0; +https://acme.example)', 'preview:other'],
    ['Acme-Unfurler/1.0 (bot)', 'preview:other'],
    ['kiwi-tcms/12.0 (Linux; tests)', 'tool:other'],
    ['IPinfoClient/PHP/3.1.2', 'tool:other'],
    ['SomethingNew/4.2 (Linux; x64)', 'tool:other'],
  ])('%s is %s', (userAgent, reason) => expect(reasonOf(userAgent)).toBe(reason));
});

describe('machines whose name was not known', () => {
  it.each([
    ['Mozilla/5.0 (compatible; FacebookCatalog/1.0)', 'preview:facebook'],
    ['Mozilla/5.0 (compatible; Devin/1.0)', 'crawler:devin'],
    ['Brandwatch/1.0 (varies)', 'crawler:brandwatch'],
    ['ReactorNetty/0.9.10.RELEASE', 'tool:reactor-netty'],
    ['Artifactory/7.21.5 72105900', 'tool:artifactory'],
    ['cri-o/1.16.1 go/go1.12.17 os/linux arch/amd64', 'tool:containerd'],
    [`${chrome} Assetnote/1.0.0`, 'scanner:assetnote'],
    [`${windows} YLT Chrome/85.0.4183.121 Safari/537.36`, 'crawler:yellow-lab-tools'],
    ['Instapaper/4.0Instaparser/1.0', 'crawler:instapaper'],
    ['PodcastAddict/v5 (Linux;Android 13) ExoPlayerLib/2.18.1', 'tool:media-player'],
    ['AlexaMediaPlayer/2.0.201528.0 (Linux;Android 5.1.1) ExoPlayerLib/1.5.9', 'tool:media-player'],
    ['Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7)', 'tool:dalvik-android'],
    ['SomeApp/3 CFNetwork/1494.0.7 Darwin/23.4.0', 'tool:apple-url-loading'],
    [`${windows} BingPreview/1.0b`, 'preview:bing'],
    ['MicrosoftPreview/2.0; +https://aka.ms/MicrosoftPreview', 'preview:bing'],
    [android('generic', 'Chrome/41.0 Google Web Preview Safari/537.36'), 'preview:google'],
    ['Mozilla/5.0 (compatible; KeybaseBot; +https://keybase.io)', 'preview:keybase'],
    ['EvernoteRichLinkBot/1.0 (+https://evernote.com)', 'preview:evernote'],
    ['BlueskyPreviewBot/1.0', 'preview:bluesky'],
    ['Chatwork LinkPreview v1', 'preview:chatwork'],
    ['ClickUpLinkUnfurler/1.0 (+https://clickup.com)', 'preview:clickup'],
    ['bitlybot/3.0 (+http://bit.ly/)', 'preview:bitly'],
    ['Mozilla/5.0 (compatible; Detectify) +https://detectify.com/bot/', 'scanner:detectify'],
    ['Mozilla/5.0 (compatible; BitSightBot/1.0)', 'scanner:bitsight'],
    ['Mozilla/5.0 (compatible; Tenable.asm/1.0)', 'scanner:tenable'],
    ['Mozilla/5.0 (compatible; +https://probely.com/sos) ProbelySPDR/0.1.0', 'scanner:probely'],
    [`${chrome} SecurityHeaders`, 'scanner:securityheaders'],
  ])('%s is %s', (userAgent, reason) => {
    expect(reasonOf(userAgent)).toBe(reason);
    expect(reasonLabel(reason)).not.toContain(':');
  });
});

describe('the word of an app', () => {
  it.each([
    ['Mozilla/5.0 (compatible; SnapURLPreview/1.0; +https://www.snapchat.com)', 'preview:snapchat'],
    ['Mozilla/5.0 (compatible; TikTok-Bot/1.0)', 'crawler:bytespider'],
    ['AppEngine-Google; (+http://code.google.com/appengine; appid: s~snapchat-proxy)', 'preview:snapchat'],
    ['Mozilla/5.0 (compatible; WAChat/1.2; +http://www.whatsapp.com/contact) Safari/537.36', 'crawler:isbot'],
    ['WordPress/5.7.6; https://cerrajeros-de-barcelona.net', 'tool:wordpress'],
    ['Snapchat/12.20.0.30 (iPhone13,2; iOS 16.1; gzip) grpc-c++/1.48.0', 'preview:snapchat'],
    ['Instagram 406.0.0.58.159 Android (35/15; 480dpi; OPPO)', 'tool:other'],
    ['MyReader/1.0 (news from https://www.instagram.com)', 'crawler:isbot'],
  ])('makes no person of %s: %s', (userAgent, reason) => expect(reasonOf(userAgent)).toBe(reason));

  it.each([
    [`${iphone} Mobile/22B83 Instagram 357.1.3.32.100 (iPhone14,5; iOS 18_1; en_US)`, 'human:in-app:instagram'],
    [
      `${iphone} Mobile/22B83 Instagram 330.0 (iPhone14,3; iOS 17_5; en_IR@calendar=gregorian)`,
      'human:in-app:instagram',
    ],
    [
      android('Pixel 8 Build/AP1A; wv', 'Version/4.0 Chrome/142.0 Mobile Safari/537.36 Snapchat/12.1'),
      'human:in-app:snapchat',
    ],
    [
      'Kik/15.15 (Android 10) Mozilla/5.0 (Linux; Android 10; Pixel 2; wv) AppleWebKit/537.36 Chrome/74 Mobile',
      'human:browser',
    ],
    [
      android('SM-S928B Build/AP3A; ', 'Version/4.0 Chrome/142.0.7444.74 Mobile Safari/537.36 MetaIAB Facebook'),
      'human:in-app:facebook',
    ],
    [
      android('SM-S928B Build/AP3A; ', 'Version/4.0 Chrome/142.0.7444.74 Mobile Safari/537.36 MetaIAB'),
      'human:in-app:facebook',
    ],
    [
      android('SM-S928B Build/AP3A; ', 'Version/4.0 Chrome/142.0 Mobile Safari/537.36 MetaIAB Threads'),
      'human:in-app:threads',
    ],
    [
      android('SM-S928B Build/AP3A; ', 'Version/4.0 Chrome/142.0 Mobile Safari/537.36 MetaIAB Messenger'),
      'human:in-app:messenger',
    ],
    [
      android('SM-S928B Build/AP3A; ', 'Version/4.0 Chrome/142.0 Mobile Safari/537.36 MetaIAB Instagram'),
      'human:in-app:instagram',
    ],
  ])('counts in a web view: %s is %s', (userAgent, reason) => expect(reasonOf(userAgent)).toBe(reason));

  it('gives the channel its app', () => {
    const metaIab = android('SM-S928B', 'Version/4.0 Chrome/142.0.7444.74 Mobile Safari/537.36 MetaIAB Facebook');
    expect(readDevice(metaIab, {}).app).toBe('Facebook');
  });
});

describe('people whose device, browser or app has the name of a machine', () => {
  it.each([
    android('DISCOVERY_2_ME'),
    android('Spider 8'),
    android('Radar 4G'),
    android('Capture+'),
    android('Newsday_A2'),
    android('ECHO JAVA'),
    android('Expanse'),
    android('M bot 60 Build/NRD90M'),
    android('VR BOT 552 (2)'),
    android('4K Google TV Stick Build/RTT1.211; wv', 'Version/4.0 Chrome/120.0 Safari/537.36'),
    'Mozilla/5.0 (Linux; U; Android 4.2.1; tr-tr; Discovery Build/JOP40D) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30',
    'Mozilla/5.0 (Linux; arm_64; Android 12; C Bot Tab 70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 YaBrowser/23.1 Safari/537.36',
    'Mozilla/5.0 (Linux; Linux mipsel) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0 Safari/537.36 OPR/46.0.2207.0 OMI/4.21.4.112.Catcher4.66 Model/Hisense-MT9602 VIDAA/5.0(SUNNY;SmartTV;Hisense)',
    'Mozilla/5.0 (Linux; U; Android 5.1; zh-cn; 1501_M02) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30 SogouMSE,SogouMobileBrowser/5.28.7',
    `${iphone} Mobile/15E148 TopBuzz com.alex.NewsMaster/8.2.1`,
    `${iphone} Mobile/15E148 [air.com.A888poker/1.0]`,
    `${iphone} Mobile/15E148 DailyNewsReader/3.1`,
    'Mozilla/5.0 (Linux; U; Android 9; zh-cn; V1818A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/62.0 Mobile Safari/537.36 QihooBrowserHD/4.1.3 Qihoo NewsSDK/1.2.2',
    'Mozilla/5.0 (compatible; MSIE 9.0; Windows Phone OS 7.5; Trident/5.0; IEMobile/9.0; HTC; Radar C110e)',
    'Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; chromeframe/32.0.1700.107)',
    'SonyEricssonK700c/R2AE SEMC-Browser/4.0.3 Profile/MIDP-2.0 Configuration/CLDC-1.1',
    'LG-T510 Obigo/WAP2.0 Browser/Phantom Profile/MIDP-2.1 Configuration/CLDC-1.1',
    'BlackBerry8520/5.0.0.681 Profile/MIDP-2.1 Configuration/CLDC-1.1 VendorID/613',
    'UCWEB/2.0 (MIDP-2.0; U; Adr 4.4.2; en-US; GT-I9500) U2/1.0.0 UCBrowser/9.4 U2/1.0.0 Mobile',
    'Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1',
    'ELinks/0.13.1 (textmode; Linux; 80x25-2)',
    'Mozilla/4.8 [en] (Windows NT 5.1; U)',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0.0.0',
    'Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)',
    'Mozilla/5.0 (compatible; Konqueror/4.14; Linux) KHTML/4.14 (like Gecko)',
  ])('stay people: %s', (userAgent) => expect(reasonOf(userAgent)).toBe('human:browser'));

  it.each([
    [
      'Mozilla/5.0 (Linux; Android 11; Pixel 2; DuplexWeb-Google/1.0) AppleWebKit/537.36 Chrome/120.0 Mobile',
      'preview:google',
    ],
    [android('Catchpoint'), 'crawler:catchpoint'],
    [
      android(
        'Nexus 5X Build/MMB29P',
        'Chrome/W.X.Y.Z Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      ),
      'crawler:googlebot',
    ],
    [android('Spider 8', 'Chrome/137.0 Mobile Safari/537.36 (compatible; AcmeSpider/1.0)'), 'crawler:isbot'],
    [`${iphone} Mobile/15E148 (compatible; AcmeNews/1.0; +https://acme.example)`, 'crawler:isbot'],
  ])('and machines behind such a name stay machines: %s is %s', (userAgent, reason) =>
    expect(reasonOf(userAgent)).toBe(reason),
  );
});

describe('a link that a page embeds', () => {
  const embedded = (mode: string, destination: string, more = {}) =>
    reasonOf(chrome, { 'accept-language': 'en', 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, ...more });

  it.each([
    ['no-cors', 'image'],
    ['no-cors', 'script'],
    ['no-cors', 'style'],
    ['no-cors', 'audio'],
    ['no-cors', 'video'],
    ['cors', 'font'],
    ['cors', 'empty'],
    ['no-cors', 'empty'],
    ['same-origin', 'empty'],
    ['navigate', 'iframe'],
    ['navigate', 'frame'],
    ['navigate', 'fencedframe'],
    ['navigate', 'embed'],
    ['navigate', 'object'],
  ])('is no visit: %s, %s', (mode, destination) => expect(embedded(mode, destination)).toBe('tool:embedded'));

  it('is one where somebody opens it by hand inside a frame', () => {
    expect(embedded('navigate', 'iframe', { 'sec-fetch-user': '?1' })).toBe('human:browser');
    expect(embedded('navigate', 'document')).toBe('human:browser');
    expect(reasonOf(chrome, { 'accept-language': 'en' })).toBe('human:browser');
  });

  it('stays what its agent or its prefetch says', () => {
    expect(embedded('no-cors', 'empty', { 'sec-purpose': 'prefetch' })).toBe('prefetch:sec-purpose');
    expect(reasonOf('Googlebot/2.1', { 'sec-fetch-mode': 'no-cors' })).toBe('crawler:googlebot');
  });
});

describe('a program with the agent of a browser', () => {
  const bare = { accept: '*/*' };

  it.each([chrome, firefox, safari, `${chrome} Edg/142.0.0.0`, android('K')])(
    'is a tool over https: %s',
    (userAgent) => {
      expect(reasonOf(userAgent, bare)).toBe('tool:copied-agent');
    },
  );

  it('is in doubt, and so a person, where a real browser could come like this', () => {
    expect(reasonOf(chrome, bare, false)).toBe('human:browser');
    expect(reasonOf(chrome, { 'accept-language': 'en' })).toBe('human:browser');
    expect(reasonOf(chrome, { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })).toBe('human:browser');
    const old = [chrome.replace('142', '79'), firefox.replaceAll('145', '89'), safari.replace('18.1', '16.3')];
    expect(old.map((userAgent) => reasonOf(userAgent, bare))).toEqual(Array(3).fill('human:browser'));
    const webView = android('Pixel 8 Build/AP1A; wv', 'Version/4.0 Chrome/142.0 Mobile Safari/537.36');
    expect(reasonOf(webView, bare)).toBe('human:browser');
    expect(reasonOf(`${iphone} Mobile/22B83 Instagram 357.1`, bare)).toBe('human:in-app:instagram');
  });
});

describe('hits of before', () => {
  const judge = (agent: string, signals = 0) => rules.judge({ agent, signals, network: null, isBurst: false }).reason;

  it('are judged by the shape that was kept of them', () => {
    expect(judge('Mozilla/0 (compatible; TrendsmapResolver/0)')).toBe('crawler:isbot');
    expect(
      judge('Mozilla/0 (Linux; Android 0; DISCOVERY_0_ME) AppleWebKit/0 (KHTML, like Gecko) Chrome/0 Mobile Safari/0'),
    ).toBe('human:browser');
    expect(judge('Mozilla/0 (compatible; MSIE 0; Windows NT 0) 0/0')).toBe('human:browser');
    expect(judge(shapeOf(chrome), signal.noLanguage | signal.noFetchMetadata)).toBe('human:browser');
  });
});
