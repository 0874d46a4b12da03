import { withQuery } from '../../ground/addresses/destination.ts';

/** A place where a link is shared, as its UTM parameters name it. */
export type UtmChannel = { label: string; source: string; medium: string };

/** Channels that the form offers; every word of them can be changed. */
export const offeredChannels: readonly UtmChannel[] = [
  { label: 'Newsletter', source: 'newsletter', medium: 'email' },
  { label: 'Instagram', source: 'instagram', medium: 'social' },
  { label: 'Facebook', source: 'facebook', medium: 'social' },
  { label: 'LinkedIn', source: 'linkedin', medium: 'social' },
  { label: 'WhatsApp', source: 'whatsapp', medium: 'message' },
  { label: 'Google Ads', source: 'google', medium: 'cpc' },
  { label: 'Poster', source: 'poster', medium: 'print' },
];

type Utm = { source: string; medium: string; campaign: string };

/**
 * An address with UTM parameters. Those of the same name that it had are replaced: each channel has its own. All its
 * other bytes stay.
 */
export function withUtm(address: string, { source, medium, campaign }: Utm): string {
  const wanted = Object.entries({ utm_source: source, utm_medium: medium, utm_campaign: campaign }).filter(
    ([, value]) => value.trim() !== '',
  );
  if (wanted.length === 0) return address;
  const names = new Set(wanted.map(([name]) => name));
  const [, base = '', query, fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(address.trim()) ?? [];
  const kept = (query ?? '').split('&').filter((pair) => pair !== '' && !names.has(pair.split('=', 1)[0] ?? ''));
  const rest = base + (kept.length > 0 ? `?${kept.join('&')}` : '') + fragment;
  return withQuery(rest, wanted.map(([name, value]) => `${name}=${encodeURIComponent(value.trim())}`).join('&'));
}
