import { findAppKind } from './in-app.ts';
import type { Referrer } from './referrer.ts';
import { channelOfHost, channelOfName } from './sources.ts';

/** Where a click came from. */
export const channels = ['direct', 'search', 'social', 'email', 'ai', 'referral', 'paid', 'qr', 'app'] as const;

export type Channel = (typeof channels)[number];

export const channelLabels: Readonly<Record<Channel, string>> = {
  direct: 'Direct',
  search: 'Search',
  social: 'Social and chat',
  email: 'Email',
  ai: 'AI assistants',
  referral: 'Other websites',
  paid: 'Paid ads',
  qr: 'QR codes',
  app: 'Apps',
};

/** What utm_medium says where it is clear; the first match wins. Close to the default groups of web analytics. */
const media: readonly (readonly [RegExp, Channel])[] = [
  [/(?:^|[-_ ])(?:cp[acmv]|ppc|paid|ads?)(?:$|[-_ ])|^paid/, 'paid'],
  [/^(?:display|banner|retargeting|remarketing|sponsored|programmatic|pmax)$/, 'paid'],
  [/^(?:e[-_ ]?mail|newsletter)/, 'email'],
  [/^(?:social|sm$)/, 'social'],
  [/^(?:organic|search|seo)/, 'search'],
  [/^qr/, 'qr'],
  [/^(?:ai|llm|chatbot)$/, 'ai'],
  [/^(?:app|in[-_ ]?app|push|notification)/, 'app'],
  [/^(?:referral|affiliates?|partners?|link)$/, 'referral'],
];

export type ChannelClues = {
  readonly isQr: boolean;
  readonly referrer: Referrer;
  /** The app whose own browser opened the link, as `readDevice` names it. */
  readonly app: string | null;
  readonly utmSource: string | null;
  readonly utmMedium: string | null;
  readonly hasPaidClickId: boolean;
};

/**
 * Says where a click came from. A scanned code is certain and comes first; then what the marketer wrote (utm_medium),
 * an ad's click id, utm_source when it names a source we know, the referrer, and the app whose browser opened the link.
 */
export function channelOf(clues: ChannelClues): Channel {
  if (clues.isQr) return 'qr';
  return (
    channelOfMedium(clues.utmMedium) ??
    (clues.hasPaidClickId ? 'paid' : undefined) ??
    (clues.utmSource === null ? undefined : channelOfName(clues.utmSource)) ??
    channelOfReferrer(clues.referrer) ??
    (clues.app === null ? undefined : findAppKind(clues.app)) ??
    'direct'
  );
}

function channelOfMedium(medium: string | null): Channel | undefined {
  if (medium === null) return undefined;
  const folded = medium.toLowerCase();
  return media.find(([shape]) => shape.test(folded))?.[1];
}

function channelOfReferrer({ host, isApp }: Referrer): Channel | undefined {
  if (host === null) return undefined;
  return channelOfHost(host) ?? (isApp ? 'app' : 'referral');
}
