import type { IncomingHttpHeaders } from 'node:http';
import { UAParser } from 'ua-parser-js';
import { hourlyCache } from '../../ground/time/hourly-cache.ts';
import { USER_AGENT_MAX } from './agent-shape.ts';
import { readBrand } from './brands.ts';
import { findApp, findAppOfPackage } from './in-app.ts';
import { cleanText, cutText } from './text.ts';

export const deviceTypes = ['desktop', 'mobile', 'tablet', 'tv', 'console', 'wearable', 'other'] as const;

type DeviceType = (typeof deviceTypes)[number];

export const deviceLabels: Readonly<Record<DeviceType, string>> = {
  desktop: 'Desktop',
  mobile: 'Mobile',
  tablet: 'Tablet',
  tv: 'TV',
  console: 'Console',
  wearable: 'Wearable',
  other: 'Other',
};

/** Families only, never versions: browsers freeze those ("10.15.7", "Windows 10"), so they would be wrong. */
export type Device = {
  readonly device: DeviceType;
  readonly os: string | null;
  /** The app ("Instagram") when an app's own browser opened the link. */
  readonly browser: string | null;
  /** The same app, or null in a browser. */
  readonly app: string | null;
};

const typesOfParser = new Map<string, DeviceType>([
  ['mobile', 'mobile'],
  ['tablet', 'tablet'],
  ['smarttv', 'tv'],
  ['console', 'console'],
  ['wearable', 'wearable'],
  ['embedded', 'other'],
]);

const desktopSystems = new Set(['Windows', 'macOS', 'ChromeOS', 'Linux', 'FreeBSD', 'OpenBSD', 'NetBSD', 'Haiku']);

/** Linux distributions are one system to a marketer. */
const linux =
  /^(?:[kxln]?ubuntu|debian|(?:open)?suse|gentoo|arch|slackware|fedora|mandriva|mageia|centos|pclinuxos|red ?hat|raspbian|deepin|manjaro|elementary os|mint|zenwalk|linpus|sabayon|linspire|vectorlinux|gnu)$/i;

/** One name for a system, by the parser's in lower case: it repeats how an agent happens to write it. */
const systemNames = new Map([
  ['android-x86', 'Android'],
  ['bada', 'Bada'],
  ['blackberry', 'BlackBerry'],
  ['chrome os', 'ChromeOS'],
  ['chromium os', 'ChromeOS'],
  ['harmonyos', 'HarmonyOS'],
  ['kaios', 'KaiOS'],
  ['mac os', 'macOS'],
  ['maemo', 'Maemo'],
  ['meego', 'MeeGo'],
  ['nintendo', 'Nintendo'],
  ['openharmony', 'HarmonyOS'],
  ['playstation', 'PlayStation'],
  ['qnx', 'QNX'],
  ['rim tablet os', 'BlackBerry'],
  ['sailfish', 'Sailfish'],
  ['series40', 'Series 40'],
  ['symbian', 'Symbian'],
  ['tizen', 'Tizen'],
  ['webos', 'webOS'],
  ['windows mobile', 'Windows Mobile'],
  ['windows phone', 'Windows Phone'],
  ['windows phone os', 'Windows Phone'],
  ['xbox', 'Xbox'],
]);

/** Platforms of television makers that the parser takes for systems. */
const noSystems = new Set(['netrange', 'nettv', 'viera']);

/** One name for a browser on all its devices. A web view counts as the browser that draws it. */
const browserNames = new Map([
  ['Mobile Safari', 'Safari'],
  ['MobileSafari', 'Safari'],
  ['Chrome WebView', 'Chrome'],
  ['Chrome Headless', 'Chrome'],
  ['Firefox Focus', 'Firefox'],
  ['Firefox Reality', 'Firefox'],
  ['Fennec', 'Firefox'],
  ['Klar', 'Firefox'],
  ['Opera Mini', 'Opera'],
  ['Opera Mobi', 'Opera'],
  ['Opera Tablet', 'Opera'],
  ['Opera Touch', 'Opera'],
  ['Opera GX', 'Opera'],
  ['Opera Coast', 'Opera'],
  ['IE', 'Internet Explorer'],
  ['ie', 'Internet Explorer'],
  ['IEMobile', 'Internet Explorer'],
  ['Mozilla', 'Firefox'],
]);

const systemsOfHint = new Map([
  ['"Android"', 'Android'],
  ['"Chrome OS"', 'ChromeOS'],
  ['"Chromium OS"', 'ChromeOS'],
  ['"iOS"', 'iOS'],
  ['"Linux"', 'Linux'],
  ['"macOS"', 'macOS'],
  ['"Windows"', 'Windows'],
]);

/** Names of televisions, sticks and boxes. "TV" alone is no part of any phone's name. */
const television =
  /(?:^|[^a-z])(?:net-?cast|web0s|lg browser|viera|bravia|crkey|vidaa|inettvbrowser|roku|tvos|omi\/|aft[a-z]{1,5}(?= build|;|\))|[a-z]*tv)(?![a-z])/i;

/**
 * System and browser stand at the start. The parser's expressions take up to 6 ms for 500 hostile characters,
 * and 0.2 ms for these.
 */
const PARSED_MAX = 256;

const devices = hourlyCache<Device>(10_000);

/**
 * Reads device, system and browser from the user agent, and lets the three client hints that browsers send unasked
 * (Sec-CH-UA, Sec-CH-UA-Platform, Sec-CH-UA-Mobile; User-Agent Client Hints) have the last word where the user agent hides
 * the truth: Brave says it is Chrome, and Chrome on Android says it is Linux when someone asks for the desktop site.
 * The Android app of a web view is what X-Requested-With names. An iPad that says it is a Mac is a Mac here, unless its
 * browser gives it away: Safari sends no hint. Never throws, and keeps at most 10,000 user agents, for an hour.
 */
export function readDevice(userAgent: string | undefined, headers: IncomingHttpHeaders): Device {
  const key = cutText(userAgent ?? '', USER_AGENT_MAX);
  let device = devices.get(key);
  if (device === undefined) {
    device = parseUserAgent(key);
    devices.set(key, device);
  }
  const platform = headers['sec-ch-ua-platform'];
  if (typeof platform === 'string') device = believeHints(device, platform, headers['sec-ch-ua-mobile']);
  if (device.app !== null) return device;
  const app = findAppOfPackage(headers['x-requested-with']);
  if (app !== undefined && device.os === 'Android') return { ...device, browser: app, app };
  const browser = readBrand(headers['sec-ch-ua']);
  return browser === undefined || browser === device.browser ? device : { ...device, browser };
}

function parseUserAgent(userAgent: string): Device {
  const parser = new UAParser(userAgent.slice(0, PARSED_MAX));
  const app = findApp(userAgent) ?? null;
  const os = systemName(parser.getOS().name);
  const browser = app ?? browserName(parser.getBrowser().name, os, userAgent);
  if (television.test(userAgent)) return { device: 'tv', os, browser, app };
  // Apps that were made for iPhones send an iPhone's agent from an iPad, and name the iPad behind it.
  if (os === 'iOS' && /\biPad(?:OS|\d)/.test(userAgent)) return { device: 'tablet', os, browser, app };
  // Only browsers of iPhones and iPads have these names; on a "Macintosh" it is an iPad that asks for the desktop site.
  if (os === 'macOS' && /\b(?:CriOS|FxiOS|EdgiOS|OPiOS|OPT)\//.test(userAgent)) {
    return { device: 'tablet', os: 'iOS', browser, app };
  }
  return { device: deviceType(parser.getDevice().type, os), os, browser, app };
}

function deviceType(type: string | undefined, os: string | null): DeviceType {
  if (type !== undefined) return typesOfParser.get(type) ?? 'other';
  if (os === 'Android' || os === 'iOS' || os === 'KaiOS') return 'mobile';
  return os !== null && desktopSystems.has(os) ? 'desktop' : 'other';
}

function believeHints(device: Device, platform: string, mobile: string | string[] | undefined): Device {
  const os = systemsOfHint.get(platform);
  // A television's own name says more than the "Linux" of its hint.
  if (os === undefined || (device.os !== null && !desktopSystems.has(device.os))) return device;
  const type =
    os === 'Android' && device.device === 'desktop' ? (mobile === '?1' ? 'mobile' : 'tablet') : device.device;
  return os === device.os && type === device.device ? device : { ...device, os, device: type };
}

/** A family as reports name it: 'Ubuntu' -> 'Linux'. */
export function systemName(name: string | undefined): string | null {
  if (name === undefined || noSystems.has(name.toLowerCase())) return null;
  return linux.test(name) ? 'Linux' : (systemNames.get(name.toLowerCase()) ?? cleanText(name, 40));
}

function browserName(name: string | undefined, os: string | null, userAgent: string): string | null {
  // A bare "WebKit" is a web view of an iPhone app; elsewhere it says nothing.
  if (name === 'WebKit') return os === 'iOS' ? 'Safari' : null;
  // Android's own browser ended with 4.4; what still says "Version/4.0" is a web view of Chrome.
  if (name === 'Android Browser' && /\bChrome\/[3-9]\d|\bChrome\/1\d\d/.test(userAgent)) return 'Chrome';
  return name === undefined ? null : (browserNames.get(name) ?? cleanText(name, 40));
}
