import type { IncomingHttpHeaders } from 'node:http';
import { drawFrom, type Random, type Weighted } from './random.ts';

/** User agent, and the client hint of the platform that Chromium sends unasked. */
type Browser = readonly [userAgent: string, platform?: string];

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const linux = 'Mozilla/5.0 (X11; Linux x86_64)';
const iPhone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const iPad = 'Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const android = 'Mozilla/5.0 (Linux; Android 10; K)';
const chromium = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const webKit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';

const desktop: Weighted<Browser> = [
  [36, [`${windows} ${chromium} Chrome/142.0.0.0 Safari/537.36`, 'Windows']],
  [9, [`${windows} ${chromium} Chrome/141.0.0.0 Safari/537.36`, 'Windows']],
  [13, [`${windows} ${chromium} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`, 'Windows']],
  [5, ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0']],
  [2, [`${windows} ${chromium} Chrome/141.0.0.0 Safari/537.36 OPR/125.0.0.0`, 'Windows']],
  [0.7, [`${windows} ${chromium} Chrome/141.0.0.0 Safari/537.36 Vivaldi/7.6.3797.63`, 'Windows']],
  [17, [`${mac} ${webKit} Version/18.6 Safari/605.1.15`]],
  [5, [`${mac} ${webKit} Version/26.1 Safari/605.1.15`]],
  [16, [`${mac} ${chromium} Chrome/142.0.0.0 Safari/537.36`, 'macOS']],
  [2, ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0']],
  [2.5, [`${linux} ${chromium} Chrome/142.0.0.0 Safari/537.36`, 'Linux']],
  [2, ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0']],
  [2.2, [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${chromium} Chrome/142.0.0.0 Safari/537.36`, 'Chrome OS']],
];

const iPhones: Weighted<Browser> = [
  [60, [`${iPhone} Version/18.6 Mobile/15E148 Safari/604.1`]],
  [22, [`${iPhone} Version/26.1 Mobile/15E148 Safari/604.1`]],
  [13, [`${iPhone} CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1`]],
  [1.5, [`${iPhone} FxiOS/145.0 Mobile/15E148 Safari/605.1.15`]],
  [1.5, [`${iPhone} Version/18.6 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15`]],
  [1, [`${iPhone} Version/18.0 EdgiOS/141.0.3537.99 Mobile/15E148 Safari/605.1.15`]],
];

const androids: Weighted<Browser> = [
  [74, [`${android} ${chromium} Chrome/142.0.0.0 Mobile Safari/537.36`, 'Android']],
  [17, [`${android} ${chromium} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 'Android']],
  [3, ['Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0']],
  [2, [`${android} ${chromium} Chrome/141.0.0.0 Mobile Safari/537.36 OPR/92.0.0.0`, 'Android']],
];

const tablets: Weighted<Browser> = [
  [5, [`${iPad} Version/18.6 Mobile/15E148 Safari/604.1`]],
  [3, [`${iPad} CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1`]],
  [4, [`Mozilla/5.0 (Linux; Android 15; SM-X710) ${chromium} Chrome/142.0.0.0 Safari/537.36`]],
];

/** Additions of apps to the user agent of their web view: on iPhones, on Androids. */
const apps = {
  instagram: [
    'Mobile/22H20 Instagram 405.0.0.19.80 (iPhone16,1; iOS 18_7; en_US; en; scale=3.00; 1179x2556; 814322000)',
    'Instagram 404.0.0.48.77 Android (35/15; 480dpi; 1080x2340; samsung; SM-S921B; e1s; s5e9945; en_US; 812000000)',
  ],
  facebook: [
    'Mobile/22H20 [FBAN/FBIOS;FBAV/537.0.0.42.70;FBBV/812345678;FBDV/iPhone15,2;FBMD/iPhone;FBSN/iOS;FBSV/18.7;FBSS/3]',
    '[FB_IAB/FB4A;FBAV/536.0.0.46.77;]',
  ],
  threads: [
    'Mobile/22H20 Barcelona 404.0.0.28.90 (iPhone16,1; iOS 18_7; en_US; en; scale=3.00; 1179x2556; 813000000)',
    'Barcelona 404.0.0.30.88 Android (35/15; 480dpi; 1080x2340; samsung; SM-S921B; e1s; s5e9945; en_US; 813100000)',
  ],
  tiktok: [
    'Mobile/15E148 musical_ly_42.4.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en BytedanceWebview/d8a21c6',
    'trill_420405 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/trill app_version/42.4.5 BytedanceWebview/d8a21c6',
  ],
  x: ['Mobile/15E148 Twitter for iPhone/11.35', 'TwitterAndroid'],
  pinterest: ['Mobile/15E148 [Pinterest/iOS]', '[Pinterest/Android]'],
  linkedin: ['Mobile/15E148 [LinkedInApp]/9.31.5122', '[LinkedInApp]/4.1.1114'],
  reddit: ['Mobile/15E148 Reddit/2025.44.0', 'Reddit/2025.44.0'],
  google: ['GSA/391.0.823160166 Mobile/15E148 Safari/604.1', 'GSA/16.44.33.sa.arm64'],
} as const satisfies Readonly<Record<string, readonly [onIPhone: string, onAndroid: string]>>;

const webView = `Mozilla/5.0 (Linux; Android 15; SM-S921B Build/AP3A.240905.015; wv) ${chromium} Version/4.0 Chrome/142.0.7444.102 Mobile Safari/537.36`;

/** The device of a person, or the app that opened the link. */
export type Kind = 'desktop' | 'phone' | 'tablet' | keyof typeof apps;

const draws = {
  desktop: drawFrom(desktop),
  iPhone: drawFrom(iPhones),
  android: drawFrom(androids),
  tablet: drawFrom(tablets),
};

/**
 * The headers by which a browser of some kind shows itself.
 * @param iPhoneShare share of iPhones among the phones of the country
 */
export function browserHeaders(kind: Kind, iPhoneShare: number, random: Random): IncomingHttpHeaders {
  const isIPhone = random() < iPhoneShare;
  if (kind === 'desktop' || kind === 'tablet') return headersOf(draws[kind](random), '?0');
  if (kind === 'phone') return headersOf((isIPhone ? draws.iPhone : draws.android)(random), '?1');
  const [onIPhone, onAndroid] = apps[kind];
  return { 'user-agent': isIPhone ? `${iPhone} ${onIPhone}` : `${webView} ${onAndroid}` };
}

function headersOf([userAgent, platform]: Browser, mobile: string): IncomingHttpHeaders {
  if (platform === undefined) return { 'user-agent': userAgent };
  return { 'user-agent': userAgent, 'sec-ch-ua-platform': `"${platform}"`, 'sec-ch-ua-mobile': mobile };
}
