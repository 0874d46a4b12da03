import { describe, expect, it } from 'vitest';
import { visitOf } from '../../../src/links/simulator/made-up.ts';
import { simulate } from '../../../src/links/simulator/simulate.ts';
import { enrich } from '../../../src/visitors/clicks/enrich.ts';
import { openingOf, opensOf } from '../../../src/visitors/openings/list.ts';
import { plainHost } from '../../../src/visitors/redirect/host.ts';
import { planOf } from '../../setup/plan.ts';
import { geoOfTests, rulesOf, splitOf, visitorOf } from '../../setup/random-visits.ts';
import { seeded } from '../../setup/seeded.ts';

const host = plainHost('domain');
const ownHosts = new Set(['go.example']);
const live = { geo: { ...geoOfTests, source: { name: '', builtAt: null, attribution: null } }, ownHosts };
const dates = ['2026-03-28', '2026-03-29', '2026-11-01'];
const begin = Date.parse('2026-03-20T00:00:00Z');

describe('the simulator', () => {
  it('answers 10,000 links and visitors as the redirect does', () => {
    const chance = seeded(15);
    const met = { rule: 0, test: 0, own: 0, machines: 0 };
    for (let round = 0; round < 10_000; round++) {
      const at = new Date(begin + Math.floor(chance() * 240 * 86_400_000));
      const { routes, planned } = rulesOf(chance, 6, dates);
      const routesPlan = planned.length > 0 ? { secret: `of ${round}`, routes: planned } : null;
      const url = chance() < 0.5 ? 'https://own.example/' : 'https://own.example/?utm_medium=email';
      const opens = opensOf({ opens: 'url', url, splitPlan: splitOf(chance, at), routesPlan });
      const isQr = chance() < 0.3;
      const plan = planOf({ opens, isQr, slug: isQr ? 'spring-qr' : 'spring' });
      const { headers, address, rawQuery } = visitorOf(chance);
      const isSecure = chance() < 0.5;
      const visit = { at, method: 'GET', headers, address, rawQuery, isPreview: false, isSecure };
      const { hit, chosen } = enrich(visit, plan, opens, { ...live, salts: { saltOf: () => undefined } as never });
      const visitor = { at, headers, address, rawQuery, isSecure, said: {} };
      const simulated = simulate({ plan, host }, routes, visitOf(visitor, plan, live));

      const location = openingOf(opens).open(chosen, visit);
      expect(simulated.answers, `round ${round}`).toEqual([
        { share: 1, status: 302, url: location, headers: { ...host.headers, location } },
      ]);
      expect([simulated.class, simulated.reason]).toEqual([hit.class, hit.reason]);
      const matched = planned[simulated.rules.findIndex(({ outcome }) => outcome === 'matched')];
      expect(matched?.id ?? null).toBe(hit.routeId);
      if (hit.class === 'human') met[simulated.by ?? 'own']++;
      else met.machines++;
    }
    // All of them came up often.
    expect(Math.min(...Object.values(met))).toBeGreaterThan(500);
  }, 60_000);
});
