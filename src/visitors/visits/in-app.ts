import { compilePhrases, type PhraseTable } from './phrases.ts';

/** The purpose of an app. It is the origin of a click when the app sends no referrer. */
type AppKind = 'social' | 'search' | 'email' | 'message' | 'ai' | 'app';

const socialApps: PhraseTable = {
  Bluesky: ['bluesky/'],
  DingTalk: ['dingtalk'],
  Discord: ['discord/', 'discord-android'],
  Facebook: ['fban', 'fbav', 'fb_iab', 'fbios', 'fb4a', 'metaiab', 'metaiab facebook'],
  imo: ['imoandroid'],
  Instagram: ['instagram', 'metaiab instagram'],
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
    'metaiab messenger',
    'metaiab orca-android',
  ],
  Pinterest: ['pinterest/ios', 'pinterest/android', 'pinterest for ios', 'pinterest for android'],
  QQ: ['qq/', 'qzone'],
  Reddit: ['reddit/', 'redditandroid'],
  'Rocket.Chat': ['rocket.chat'],
  Slack: ['slack/', 'slack_ssb'],
  Snapchat: ['snapchat'],
  'Microsoft Teams': ['teams/', 'teamsmobile'],
  Telegram: ['telegram-android', 'telegram-ios'],
  Threads: ['barcelona', 'metaiab threads', 'metaiab barcelona'],
  TikTok: ['tiktok', 'musical_ly', 'bytedancewebview', 'bytelocale', 'trill'],
  Tumblr: ['tumblr/'],
  Viber: ['viber'],
  VK: ['vkandroidapp', 'vkclient'],
  WeChat: ['micromessenger', 'wechat'],
  Weibo: ['weibo'],
  WhatsApp: ['whatsapp', 'metaiab whatsapp'],
  X: ['twitter for iphone', 'twitter for ipad', 'twitterandroid'],
  Zalo: ['zalo'],
};

const searchApps: PhraseTable = {
  'Baidu app': ['baiduboxapp', 'bdboxapp'],
  'Google app': ['gsa/', 'googlelens/', 'googlewv/'],
  'Bing app': ['bingsapphire'],
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

/** Apps by their id on Android, which their web views send as X-Requested-With; some name themselves nowhere else. */
const packages: Readonly<Record<AppKind, Readonly<Record<string, readonly string[]>>>> = {
  social: {
    Bluesky: ['xyz.blueskyweb.app'],
    Discord: ['com.discord'],
    Facebook: ['com.facebook.katana', 'com.facebook.lite'],
    Instagram: ['com.instagram.android', 'com.instagram.lite'],
    KakaoStory: ['com.kakao.story'],
    KakaoTalk: ['com.kakao.talk'],
    LINE: ['jp.naver.line.android'],
    LinkedIn: ['com.linkedin.android'],
    Messenger: ['com.facebook.orca', 'com.facebook.mlite'],
    'Microsoft Teams': ['com.microsoft.teams'],
    Nextdoor: ['com.nextdoor'],
    Odnoklassniki: ['ru.ok.android'],
    Pinterest: ['com.pinterest'],
    QQ: ['com.tencent.mobileqq', 'com.qzone'],
    Quora: ['com.quora.android'],
    Reddit: ['com.reddit.frontpage'],
    Slack: ['com.slack'],
    Snapchat: ['com.snapchat.android'],
    Telegram: [
      'org.telegram.messenger',
      'org.telegram.messenger.web',
      'org.telegram.plus',
      'org.thunderdog.challegram',
    ],
    Threads: ['com.instagram.barcelona'],
    TikTok: ['com.zhiliaoapp.musically', 'com.ss.android.ugc.trill', 'com.zhiliaoapp.musically.go'],
    Tumblr: ['com.tumblr'],
    Twitch: ['tv.twitch.android.app'],
    Viber: ['com.viber.voip'],
    VK: ['com.vkontakte.android'],
    WeChat: ['com.tencent.mm'],
    Weibo: ['com.sina.weibo'],
    WhatsApp: ['com.whatsapp', 'com.whatsapp.w4b'],
    X: ['com.twitter.android', 'com.twitter.android.lite'],
    Xiaohongshu: ['com.xingin.xhs'],
    YouTube: ['com.google.android.youtube'],
    Zalo: ['com.zing.zalo'],
  },
  search: {
    'Baidu app': ['com.baidu.searchbox'],
    'Bing app': ['com.microsoft.bing'],
    'Google app': ['com.google.android.googlequicksearchbox', 'com.google.android.apps.searchlite'],
    'NAVER app': ['com.nhn.android.search'],
    'Yandex app': ['ru.yandex.searchplugin'],
  },
  email: {
    AquaMail: ['org.kman.aquamail'],
    BlueMail: ['me.bluemail.mail'],
    'Edison Mail': ['com.easilydo.mail'],
    Gmail: ['com.google.android.gm', 'com.google.android.gm.lite'],
    'GMX Mail': ['de.gmx.mobile.android.mail'],
    'K-9 Mail': ['com.fsck.k9'],
    'Mail.ru': ['ru.mail.mailapp'],
    Outlook: ['com.microsoft.office.outlook'],
    'Proton Mail': ['ch.protonmail.android'],
    'Samsung Email': ['com.samsung.android.email.provider'],
    Spark: ['com.readdle.spark'],
    Thunderbird: ['net.thunderbird.android'],
    Tuta: ['de.tutao.tutanota'],
    'WEB.DE Mail': ['de.web.mobile.android.mail'],
    'Yahoo Mail': ['com.yahoo.mobile.client.android.mail'],
    'Yandex Mail': ['ru.yandex.mail'],
  },
  message: {
    'Google Messages': ['com.google.android.apps.messaging'],
    'Samsung Messages': ['com.samsung.android.messaging'],
  },
  ai: {
    ChatGPT: ['com.openai.chatgpt'],
    Claude: ['com.anthropic.claude'],
    Copilot: ['com.microsoft.copilot'],
    Gemini: ['com.google.android.apps.bard'],
    Grok: ['ai.x.grok'],
    'Le Chat': ['ai.mistral.chat'],
    Perplexity: ['ai.perplexity.app.android'],
  },
  app: {
    Alipay: ['com.eg.android.alipaygphone'],
    Flipboard: ['flipboard.app'],
    'Google Maps': ['com.google.android.apps.maps'],
    'Google News': ['com.google.android.apps.magazines'],
    NewsBreak: ['com.particlenews.newsbreak'],
    SmartNews: ['jp.gocro.smartnews.android'],
    Toutiao: ['com.ss.android.article.news'],
  },
};

const kinds = new Map<string, AppKind>(
  [...apps, ...(Object.entries(packages) as [AppKind, object][])].flatMap(([kind, table]) =>
    Object.keys(table).map((name) => [name, kind] as const),
  ),
);

const appOfPackage = new Map(
  Object.values(packages).flatMap((table) =>
    Object.entries(table).flatMap(([name, ids]) => ids.map((id) => [id, name] as const)),
  ),
);

/** The names of all apps that are known. */
export const appNames: readonly string[] = [...kinds.keys()];

/** The app whose built-in browser sends this user agent ("Instagram"), or undefined. */
export const findApp = compilePhrases(Object.fromEntries(apps.flatMap(([, table]) => Object.entries(table))));

/** The purpose of an app that `findApp` or `findAppOfPackage` names; undefined for an unknown name. */
export function findAppKind(name: string): AppKind | undefined {
  return kinds.get(name);
}

/** The app that X-Requested-With of a web view names by its id ("com.snapchat.android"), or undefined. */
export function findAppOfPackage(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? appOfPackage.get(header.toLowerCase()) : undefined;
}
