import { destinationTo } from '../../src/visitors/openings/url.ts';
import type { Plan } from '../../src/visitors/routing/plan.ts';
import type { Visit } from '../../src/visitors/visits/visit.ts';

/** A link that is open, as it is loaded. */
export const planOf = (changes: Partial<Plan> = {}): Plan => ({
  slugId: 'slug',
  slug: 'spring',
  domainId: 'domain',
  isQr: false,
  linkId: 'link',
  linkVersion: 1,
  clickIdName: null,
  createdAt: Date.UTC(2026, 2, 1),
  workspaceId: 'workspace',
  timeZone: 'UTC',
  isOwnNetwork: null,
  endedBy: null,
  opens: destinationTo('https://example.com/spring'),
  ...changes,
});

/** A visit to it. */
export const visitOf = (changes: Partial<Visit> = {}): Visit => ({
  at: new Date('2026-03-20T12:00:00Z'),
  method: 'GET',
  headers: {},
  address: '203.0.113.9',
  rawQuery: '',
  isPreview: false,
  ...changes,
});
