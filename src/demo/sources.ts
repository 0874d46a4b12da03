import type { Kind } from './browsers.ts';
import type { Weighted } from './random.ts';

/** A way by which people come to a link. */
export type Source = {
  /** Their device. */
  on: Weighted<Kind>;
  /** The Referer they send; '' is none. */
  from: Weighted<string>;
  /** The query that the source adds to the link. */
  query?: string;
  /** They scan the code. */
  isQr?: boolean;
};

const anything: Weighted<Kind> = [
  [54, 'phone'],
  [41, 'desktop'],
  [5, 'tablet'],
];
const mostlyDesktop: Weighted<Kind> = [
  [80, 'desktop'],
  [18, 'phone'],
  [2, 'tablet'],
];
const phone: Weighted<Kind> = [[1, 'phone']];

export const sources = {
  direct: { on: anything, from: [[1, '']] },
  google: {
    on: [...anything, [9, 'google']],
    from: [[1, 'https://www.google.com/']],
  },
  searches: {
    on: mostlyDesktop,
    from: [
      [8, 'https://www.bing.com/'],
      [6, 'https://duckduckgo.com/'],
      [2, 'https://www.ecosia.org/'],
      [2, 'https://search.yahoo.com/'],
      [1, 'https://search.brave.com/'],
      [1, 'https://yandex.ru/'],
    ],
  },
  googleAd: {
    on: anything,
    from: [[1, 'https://www.google.com/']],
    query: 'gclid=Cj0KCQiA5abIBhCaARIsAM3-zFX&gad_source=1',
  },
  instagram: {
    on: [[1, 'instagram']],
    from: [
      [6, 'https://l.instagram.com/'],
      [4, ''],
    ],
  },
  facebook: {
    on: [
      [6, 'facebook'],
      [3, 'desktop'],
    ],
    from: [
      [5, 'https://l.facebook.com/'],
      [3, 'https://m.facebook.com/'],
      [2, 'https://www.facebook.com/'],
    ],
  },
  threads: { on: [[1, 'threads']], from: [[1, 'https://l.threads.com/']] },
  tiktok: { on: [[1, 'tiktok']], from: [[1, '']] },
  x: {
    on: [
      [6, 'x'],
      [4, 'desktop'],
    ],
    from: [[1, 'https://t.co/']],
  },
  pinterest: {
    on: [
      [6, 'pinterest'],
      [4, 'desktop'],
    ],
    from: [[1, 'https://www.pinterest.com/']],
  },
  linkedin: {
    on: [
      [5, 'linkedin'],
      [5, 'desktop'],
    ],
    from: [[1, 'https://www.linkedin.com/']],
  },
  reddit: {
    on: [
      [4, 'reddit'],
      [6, 'desktop'],
    ],
    from: [[1, 'https://www.reddit.com/']],
  },
  youtube: { on: anything, from: [[1, 'https://www.youtube.com/']] },
  chats: {
    on: anything,
    from: [
      [4, 'https://web.whatsapp.com/'],
      [3, 'android-app://org.telegram.messenger/'],
      [2, 'https://discord.com/'],
      [2, 'https://bsky.app/'],
      [1, 'https://app.slack.com/'],
      [1, 'https://mastodon.social/'],
    ],
  },
  mail: {
    on: anything,
    from: [
      [70, ''],
      [18, 'https://mail.google.com/'],
      [6, 'https://outlook.live.com/'],
      [3, 'https://mail.yahoo.com/'],
      [3, 'https://mail.proton.me/'],
    ],
  },
  chatgpt: { on: anything, from: [[1, 'https://chatgpt.com/']], query: 'utm_source=chatgpt.com' },
  assistants: {
    on: mostlyDesktop,
    from: [
      [4, 'https://www.perplexity.ai/'],
      [3, 'https://gemini.google.com/'],
      [2, 'https://claude.ai/'],
      [2, 'https://copilot.microsoft.com/'],
    ],
  },
  // Made-up sites, on a domain that nobody can have (RFC 2606).
  blogs: {
    on: anything,
    from: [
      [9, 'https://www.trailnotes.example/'],
      [6, 'https://hutweek.example/'],
      [5, 'https://forum.ridgewalkers.example/'],
      [3, 'https://gearbench.example/'],
      [2, 'https://slowmiles.example/'],
    ],
  },
  scan: { on: phone, from: [[1, '']], isQr: true },
} as const satisfies Readonly<Record<string, Source>>;

export type SourceName = keyof typeof sources;

/** How links are spread: what their destination and their tag say about it, and who then comes. */
export type Mix = { utm?: string; tag?: string; arrivals: Weighted<SourceName> };

export const mixes = {
  web: {
    arrivals: [
      [30, 'direct'],
      [18, 'google'],
      [6, 'searches'],
      [10, 'blogs'],
      [6, 'chats'],
      [5, 'reddit'],
      [4, 'chatgpt'],
      [3, 'assistants'],
      [4, 'facebook'],
      [3, 'instagram'],
      [3, 'youtube'],
    ],
  },
  guide: {
    tag: 'guide',
    arrivals: [
      [32, 'google'],
      [16, 'direct'],
      [12, 'searches'],
      [12, 'chatgpt'],
      [9, 'assistants'],
      [9, 'blogs'],
      [6, 'reddit'],
      [4, 'chats'],
    ],
  },
  social: {
    tag: 'social',
    arrivals: [
      [34, 'instagram'],
      [16, 'facebook'],
      [12, 'tiktok'],
      [8, 'pinterest'],
      [6, 'threads'],
      [6, 'x'],
      [5, 'chats'],
      [10, 'direct'],
    ],
  },
  instagram: {
    utm: 'utm_source=instagram&utm_medium=social',
    tag: 'social',
    arrivals: [
      [80, 'instagram'],
      [8, 'threads'],
      [6, 'chats'],
      [6, 'direct'],
    ],
  },
  newsletter: { utm: 'utm_source=newsletter&utm_medium=email', tag: 'newsletter', arrivals: [[1, 'mail']] },
  searchAd: { utm: 'utm_source=google&utm_medium=cpc', tag: 'ad', arrivals: [[1, 'googleAd']] },
  socialAd: {
    utm: 'utm_source=facebook&utm_medium=paid_social',
    tag: 'ad',
    arrivals: [
      [55, 'facebook'],
      [45, 'instagram'],
    ],
  },
  video: {
    utm: 'utm_source=youtube&utm_medium=video',
    arrivals: [
      [85, 'youtube'],
      [15, 'direct'],
    ],
  },
  partner: {
    utm: 'utm_source=trailnotes&utm_medium=referral',
    arrivals: [
      [90, 'blogs'],
      [10, 'direct'],
    ],
  },
  jobs: {
    arrivals: [
      [60, 'linkedin'],
      [20, 'direct'],
      [12, 'google'],
      [8, 'chats'],
    ],
  },
  poster: {
    utm: 'utm_source=poster&utm_medium=print',
    tag: 'print',
    arrivals: [
      [88, 'scan'],
      [12, 'direct'],
    ],
  },
  packaging: {
    tag: 'print',
    arrivals: [
      [94, 'scan'],
      [6, 'direct'],
    ],
  },
} as const satisfies Readonly<Record<string, Mix>>;

export type MixName = keyof typeof mixes;
