import type { Facts } from '../../src/visitors/conditions/facts.ts';

/** A visit as rules see it: somebody in Berlin who came from nowhere, on a Friday at noon (UTC). */
export const factsOf = (changes: Partial<Facts> = {}): Facts => ({
  at: Date.parse('2026-03-20T12:00:00Z'),
  country: 'DE',
  region: 'Berlin',
  city: 'Berlin',
  language: 'de-de',
  device: 'mobile',
  system: 'Android',
  browser: 'Chrome',
  app: '',
  referrer: null,
  channel: 'direct',
  slug: 'Spring',
  domainId: 'domain',
  isQr: false,
  rawQuery: '',
  ...changes,
});
