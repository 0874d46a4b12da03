import { describe, expect, it } from 'vitest';
import { appNames } from '../../../src/visitors/visits/in-app.ts';
import { type ChannelClues, channelLabels, channelOf, channels } from '../../../src/visitors/visits/channel.ts';
import { readReferrer } from '../../../src/visitors/visits/referrer.ts';

const nothing: ChannelClues = {
  isQr: false,
  referrer: { host: null, isApp: false },
  app: null,
  utmSource: null,
  utmMedium: null,
  hasPaidClickId: false,
  hasSocialClickId: false,
};

const fromUrl = (url: string, clues: Partial<ChannelClues> = {}) =>
  channelOf({ ...nothing, referrer: readReferrer(url), ...clues });

const words = (text: string) => text.trim().split(/\s+/);
const hosts = (channel: string, text: string) => words(text).map((host) => [`https://${host}/`, channel]);
const apps = (channel: string, text: string) => words(text).map((id) => [`android-app://${id}/`, channel]);
const pinterests = words('ca ch cl co.kr co.uk com.au com.mx de dk es fr ie it jp nz ph pt ru se at');

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
    ...pinterests.map((ending) => [`https://www.pinterest.${ending}/`, 'social']),
    ...hosts(
      'ai',
      `doubao.com kimi.moonshot.cn tongyi.com qianwen.com yiyan.baidu.com chat.z.ai character.ai pi.ai iask.ai manus.im
      lumo.proton.me m365.cloud.microsoft aistudio.google.com openrouter.ai giga.chat alice.yandex.ru app.jasper.ai
      app.writesonic.com labs.openai.com`,
    ),
    ...hosts(
      'email',
      `navigator.gmx.net mail.gmx.com deref-gmx.com mail.zoho.eu mail.orange.fr messageriepro3.orange.fr webmail.free.fr
      mail.libero.it poczta.onet.pl email.ionos.de mail.rediff.com app.tuta.com mail.superhuman.com webmail2.example.org
      roundcube.example.net mail.yahoo.de`,
    ),
    ...hosts(
      'social',
      `mp.weixin.qq.com www.douyin.com www.bilibili.com www.xiaohongshu.com www.zhihu.com discord.gg nextdoor.com
      truthsocial.com livejournal.com zalo.me band.us l.workplace.com mamot.fr social.tchncs.de pixelfed.social digg.com
      nrw.social`,
    ),
    ...hosts(
      'search',
      `ya.ru yandex.kz global.bing.com www.seznam.cz coccoc.com metager.org yep.com presearch.com search.lilo.org
      search.rakuten.co.jp`,
    ),
    ...apps(
      'email',
      `com.fsck.k9 net.thunderbird.android ru.mail.mailapp com.readdle.spark de.gmx.mobile.android.mail`,
    ),
    ...apps('social', `com.sina.weibo com.tencent.mobileqq com.tumblr com.quora.android ru.ok.android`),
    ...apps('search', `com.microsoft.bing com.baidu.searchbox com.nhn.android.search ru.yandex.searchplugin`),
    ...apps('ai', `com.microsoft.copilot ai.x.grok ai.mistral.chat com.larus.nova`),
    ...apps('message', `com.google.android.apps.messaging`),
    ['https://mailchimp.com/', 'referral'],
    ['https://social.com/', 'referral'],
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
    ['affiliate', 'referral'],
    ...words('organic_social organicsocial organic-social sm').map((medium) => [medium, 'social']),
    ...words('sms text mms push webpush browser-push mobile_notification').map((medium) => [medium, 'message']),
    ...words('mail mailing edm e_mail').map((medium) => [medium, 'email']),
    ...words('expandable cpp interstitial native sponsorship sem retargeting').map((medium) => [medium, 'paid']),
    ['in-app', 'app'],
  ])('utm_medium=%s is %s, whatever the referrer', (utmMedium, channel) => {
    expect(fromUrl('https://chatgpt.com/', { utmMedium })).toBe(channel);
  });

  it('is not guessed from a medium that is not clear', () => {
    expect(fromUrl('https://example.com/', { utmMedium: 'banana' })).toBe('referral');
    expect(fromUrl('', { utmMedium: 'leads' })).toBe('other');
  });

  it.each(words('video audio podcast print flyer offline story bio influencer community chat'))(
    'utm_medium=%s is a tagged link, and not direct',
    (utmMedium) => {
      expect(fromUrl('', { utmMedium })).toBe('other');
      expect(fromUrl('', { utmMedium, utmSource: 'instagram' })).toBe('social');
    },
  );

  it('is none where the tags say so', () => {
    expect(fromUrl('', { utmMedium: '(none)', utmSource: '(direct)' })).toBe('direct');
    expect(fromUrl('', { utmMedium: '(not set)' })).toBe('direct');
  });

  it.each([
    ['chatgpt.com', 'ai'],
    ['Facebook', 'social'],
    ['ig', 'social'],
    ['google', 'search'],
    ['newsletter', 'email'],
    ['our-partner', 'other'],
    ...words('meta snapchat wechat line').map((source) => [source, 'social']),
    ['Instagram Stories', 'social'],
    ['facebook_page', 'social'],
    ...words('substack beehiiv hubspot convertkit activecampaign braze mailerlite sendinblue').map((source) => [
      source,
      'email',
    ]),
    ...words('grok deepseek mistral').map((source) => [source, 'ai']),
    ['qr', 'qr'],
    ['x-mas', 'other'],
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

  it('a click id of a social network when there is nothing else', () => {
    expect(fromUrl('', { hasSocialClickId: true })).toBe('social');
    expect(fromUrl('', { hasSocialClickId: true, utmSource: 'spring' })).toBe('social');
    expect(fromUrl('https://example.com/', { hasSocialClickId: true })).toBe('referral');
    expect(fromUrl('', { hasSocialClickId: true, utmMedium: 'paid_social' })).toBe('paid');
  });

  it('every app we name has a channel', () => {
    expect(appNames.filter((app) => fromUrl('', { app }) === 'direct')).toEqual([]);
  });
});

it('every channel has a label', () => {
  expect(Object.keys(channelLabels)).toEqual([...channels]);
});
