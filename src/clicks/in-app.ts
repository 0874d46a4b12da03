import { compilePhrases, type PhraseTable } from './phrases.ts';

/** What an app is for. It says where a click came from when the app sends no referrer. */
type AppKind = 'social' | 'search' | 'email' | 'app';

const socialApps: PhraseTable = {
  Bluesky: ['bluesky/'],
  DingTalk: ['dingtalk'],
  Discord: ['discord/', 'discord-android'],
  Facebook: ['fban', 'fbav', 'fb_iab', 'fbios', 'fb4a'],
  imo: ['imoandroid'],
  Instagram: ['instagram'],
  KakaoStory: ['kakaostory'],
  KakaoTalk: ['kakaotalk'],
  Lark: ['lark/', 'feishu'],
  LINE: ['line/'],
  LinkedIn: ['linkedinapp', '^linkedin/', 'com.linkedin.linkedin'],
  Messenger: [
    'fban/messengerforios',
    'fban/messengerliteforios',
    'fban/orca-android',
    'fb_iab/orca-android',
    'fb_iab/messenger',
  ],
  Pinterest: ['pinterest/ios', 'pinterest/android', 'pinterest for ios', 'pinterest for android'],
  QQ: ['qq/', 'qzone'],
  Reddit: ['reddit/', 'redditandroid'],
  'Rocket.Chat': ['rocket.chat'],
  Slack: ['slack/', 'slack_ssb'],
  Snapchat: ['snapchat'],
  'Microsoft Teams': ['teams/', 'teamsmobile'],
  Telegram: ['telegram-android', 'telegram-ios'],
  Threads: ['barcelona'],
  TikTok: ['tiktok', 'musical_ly', 'bytedancewebview', 'bytelocale', 'trill'],
  Tumblr: ['tumblr/'],
  Viber: ['viber'],
  VK: ['vkandroidapp', 'vkclient'],
  WeChat: ['micromessenger', 'wechat'],
  Weibo: ['weibo'],
  WhatsApp: ['whatsapp'],
  X: ['twitter for iphone', 'twitter for ipad', 'twitterandroid'],
  Zalo: ['zalo'],
};

const searchApps: PhraseTable = {
  'Baidu app': ['baiduboxapp', 'bdboxapp'],
  'Google app': ['gsa/', 'googlelens/', 'googlewv/'],
  'NAVER app': ['naver(inapp'],
  'Sogou Search': ['sogousearch'],
};

const emailApps: PhraseTable = {
  Outlook: ['outlook-ios', 'outlook-android'],
};

const otherApps: PhraseTable = {
  Alipay: ['alipayclient'],
  'Blue Proxy': ['blue proxy/'],
  Flipboard: ['flipboard/', 'flipboard-briefing'],
  'Google Maps': ['gmmclient'],
  NewsBreak: ['newsbreak'],
  SmartNews: ['smartnews'],
  SohuNews: ['sohunews'],
  Toutiao: ['newsarticle/', 'toutiaomicroapp'],
  'TownNews Now': ['townnews-now'],
};

/** Apps that open links in a browser of their own. To add one, add a line above. Phrases: see `compilePhrases`. */
const apps: readonly (readonly [AppKind, PhraseTable])[] = [
  ['social', socialApps],
  ['search', searchApps],
  ['email', emailApps],
  ['app', otherApps],
];

const kinds = new Map(apps.flatMap(([kind, table]) => Object.keys(table).map((name) => [name, kind] as const)));

/** The names of all apps that `findApp` knows. */
export const appNames: readonly string[] = [...kinds.keys()];

/** The app whose built-in browser sends this user agent ("Instagram"), or undefined. */
export const findApp = compilePhrases(Object.fromEntries(apps.flatMap(([, table]) => Object.entries(table))));

/** What an app that `findApp` names is for, or undefined for a name it does not know. */
export function findAppKind(name: string): AppKind | undefined {
  return kinds.get(name);
}
