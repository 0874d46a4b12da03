import { findAppKind } from './in-app.ts';
import type { Referrer } from './referrer.ts';
import { channelOfHost, channelOfName } from './sources.ts';

/** The kind of origin of a click. */
export const channels = [
  'direct',
  'search',
  'social',
  'email',
  'message',
  'ai',
  'referral',
  'paid',
  'qr',
  'app',
  'other',
] as const;

export type Channel = (typeof channels)[number];

export const channelLabels: Readonly<Record<Channel, string>> = {
  direct: 'Direct',
  search: 'Search',
  social: 'Social and chat',
  email: 'Email',
  message: 'SMS and push',
  ai: 'AI assistants',
  referral: 'Other websites',
  paid: 'Paid ads',
  qr: 'QR codes',
  app: 'Apps',
  other: 'Other tagged links',
};

/**
 * What utm_medium says where it is clear; the first match wins. After the default channel groups of Google Analytics 4
 * (support.google.com/analytics/answer/9756891), and what marketers commonly write that those leave unassigned.
 */
const media: readonly (readonly [RegExp, Channel])[] = [
  [/cp|(?:^|[-_ ])(?:ppc|paid|ads?|sem)(?:$|[-_ ])|^paid/, 'paid'],
  [
    /^(?:display|banner|expandable|interstitial|retargeting|remarketing|sponsor(?:ed|ship)|native|programmatic|pmax)(?:$|[-_ ])/,
    'paid',
  ],
  [/^(?:e[-_ ]?mail|(?:e[-_ ]?)?newsletter|mail(?:ing|er)?s?$|edm$)/, 'email'],
  [/^(?:sms|mms|rcs|text|text[-_ ]?message)$|push$|mobile|notification/, 'message'],
  [/^(?:organic[-_ ]?)?social|^sm$/, 'social'],
  [/^organic(?!.*(?:video|shopping))|^(?:search|seo)$/, 'search'],
  [/^qr/, 'qr'],
  [/^(?:(?:gen)?ai|llm|chatbot)(?:$|[-_ ]?assistant)/, 'ai'],
  [/^(?:app|in[-_ ]?app)/, 'app'],
  [/^(?:referral|affiliates?|partners?|link)$/, 'referral'],
];

/** Values that say that there is no tag (GA4: Direct). */
const untagged = /^\(?(?:direct|none|not[ -_]set|not provided)\)?$/;

export type ChannelClues = {
  readonly isQr: boolean;
  readonly referrer: Referrer;
  /** The app whose own browser opened the link, as `readDevice` names it. */
  readonly app: string | null;
  readonly utmSource: string | null;
  readonly utmMedium: string | null;
  readonly hasPaidClickId: boolean;
  /** Ids that social networks put on every link, paid or not. */
  readonly hasSocialClickId: boolean;
};

/**
 * Says where a click came from. A scanned code is certain and comes first; then what the marketer wrote (utm_medium),
 * an ad's click id, utm_source when it names a source we know, the referrer, the app whose browser opened the link, and
 * a social network's click id. A link that was tagged with words of its own is never direct.
 */
export function channelOf(clues: ChannelClues): Channel {
  if (clues.isQr) return 'qr';
  const [medium, source] = [tagOf(clues.utmMedium), tagOf(clues.utmSource)];
  return (
    channelOfMedium(medium) ??
    (clues.hasPaidClickId ? 'paid' : undefined) ??
    (source === null ? undefined : channelOfName(source)) ??
    (medium === null ? undefined : channelOfName(medium)) ??
    channelOfReferrer(clues.referrer) ??
    (clues.app === null ? undefined : findAppKind(clues.app)) ??
    (clues.hasSocialClickId ? 'social' : undefined) ??
    (medium === null && source === null ? 'direct' : 'other')
  );
}

/** A tag in lower case; null where there is none, or it says so itself. */
function tagOf(tag: string | null): string | null {
  const folded = tag?.trim().toLowerCase();
  return folded === undefined || folded === '' || untagged.test(folded) ? null : folded;
}

function channelOfMedium(medium: string | null): Channel | undefined {
  return medium === null ? undefined : media.find(([shape]) => shape.test(medium))?.[1];
}

function channelOfReferrer({ host, isApp }: Referrer): Channel | undefined {
  if (host === null) return undefined;
  return channelOfHost(host) ?? (isApp ? 'app' : 'referral');
}
