import { describe, expect, it } from 'vitest';
import { appNames } from '../../src/clicks/in-app.ts';
import { type ChannelClues, channelLabels, channelOf, channels } from '../../src/clicks/channel.ts';
import { readReferrer } from '../../src/clicks/referrer.ts';

const nothing: ChannelClues = {
  isQr: false,
  referrer: { host: null, isApp: false },
  app: null,
  utmSource: null,
  utmMedium: null,
  hasPaidClickId: false,
};

const fromUrl = (url: string, clues: Partial<ChannelClues> = {}) =>
  channelOf({ ...nothing, referrer: readReferrer(url), ...clues });

describe('the channel of a referrer', () => {
  it.each([
    ['https://www.google.com/', 'search'],
    ['https://www.google.co.uk/', 'search'],
    ['https://news.google.com/', 'search'],
    ['https://cn.bing.com/', 'search'],
    ['https://duckduckgo.com/', 'search'],
    ['https://kagi.com/', 'search'],
    ['https://yandex.ru/', 'search'],
    ['https://uk.search.yahoo.com/', 'search'],
    ['android-app://com.google.android.googlequicksearchbox/', 'search'],
    ['https://t.co/x', 'social'],
    ['https://l.facebook.com/', 'social'],
    ['https://www.instagram.com/', 'social'],
    ['https://www.linkedin.com/', 'social'],
    ['https://m.youtube.com/', 'social'],
    ['https://www.tiktok.com/', 'social'],
    ['https://www.threads.net/', 'social'],
    ['https://www.threads.com/', 'social'],
    ['https://web.telegram.org/', 'social'],
    ['https://discord.com/', 'social'],
    ['https://bsky.app/', 'social'],
    ['https://mastodon.social/', 'social'],
    ['https://mastodon.example.org/', 'social'],
    ['https://fosstodon.org/', 'social'],
    ['https://old.reddit.com/', 'social'],
    ['android-app://com.slack/', 'social'],
    ['https://mail.google.com/', 'email'],
    ['https://outlook.live.com/', 'email'],
    ['android-app://com.google.android.gm/', 'email'],
    ['https://chatgpt.com/', 'ai'],
    ['https://chat.openai.com/', 'ai'],
    ['https://www.perplexity.ai/', 'ai'],
    ['https://claude.ai/', 'ai'],
    ['https://gemini.google.com/', 'ai'],
    ['https://copilot.microsoft.com/', 'ai'],
    ['https://googleads.g.doubleclick.net/', 'paid'],
    ['https://docs.google.com/', 'referral'],
    ['https://disk.yandex.ru/', 'referral'],
    ['https://finance.yahoo.com/', 'referral'],
    ['https://www.amazon.com/', 'referral'],
    ['https://en.wikipedia.org/', 'referral'],
    ['https://example.com/', 'referral'],
    ['https://notfacebook.com/', 'referral'],
    ['android-app://com.example.reader/', 'app'],
    ['', 'direct'],
  ])('%s is %s', (url, channel) => {
    expect(fromUrl(url)).toBe(channel);
  });
});

describe('the channel a marketer wrote', () => {
  it.each([
    ['email', 'email'],
    ['E-Mail', 'email'],
    ['newsletter', 'email'],
    ['cpc', 'paid'],
    ['ppc', 'paid'],
    ['paid_social', 'paid'],
    ['social-paid', 'paid'],
    ['display', 'paid'],
    ['social', 'social'],
    ['social-media', 'social'],
    ['organic', 'search'],
    ['qr', 'qr'],
    ['push', 'app'],
    ['affiliate', 'referral'],
  ])('utm_medium=%s is %s, whatever the referrer', (utmMedium, channel) => {
    expect(fromUrl('https://chatgpt.com/', { utmMedium })).toBe(channel);
  });

  it('is not guessed from a medium that is not clear', () => {
    expect(fromUrl('https://example.com/', { utmMedium: 'banana' })).toBe('referral');
    expect(fromUrl('', { utmMedium: 'leads' })).toBe('direct');
  });

  it.each([
    ['chatgpt.com', 'ai'],
    ['Facebook', 'social'],
    ['ig', 'social'],
    ['google', 'search'],
    ['newsletter', 'email'],
    ['our-partner', 'direct'],
  ])('utm_source=%s alone is %s', (utmSource, channel) => {
    expect(fromUrl('', { utmSource })).toBe(channel);
  });
});

describe('which clue wins', () => {
  it('a scanned code over everything', () => {
    expect(fromUrl('https://t.co/', { isQr: true, utmMedium: 'email', hasPaidClickId: true })).toBe('qr');
  });

  it('a click id of an ad over the referrer, but not over a clear medium', () => {
    expect(fromUrl('https://www.google.com/', { hasPaidClickId: true })).toBe('paid');
    expect(fromUrl('https://www.google.com/', { hasPaidClickId: true, utmMedium: 'email' })).toBe('email');
  });

  it('the app when there is no referrer', () => {
    expect(fromUrl('', { app: 'Instagram' })).toBe('social');
    expect(fromUrl('', { app: 'Outlook' })).toBe('email');
    expect(fromUrl('', { app: 'SmartNews' })).toBe('app');
    expect(fromUrl('https://example.com/', { app: 'Instagram' })).toBe('referral');
    expect(fromUrl('', { app: 'Unheard of' })).toBe('direct');
  });

  it('every app we name has a channel', () => {
    expect(appNames.filter((app) => fromUrl('', { app }) === 'direct')).toEqual([]);
  });
});

it('every channel has a label', () => {
  expect(Object.keys(channelLabels)).toEqual([...channels]);
});
