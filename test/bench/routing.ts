import type { PlannedRoute } from '../../src/ground/addresses/route.ts';
import { openingOf, opensOf } from '../../src/visitors/openings/list.ts';
import { decide } from '../../src/visitors/routing/decide.ts';
import type { Plan } from '../../src/visitors/routing/plan.ts';
import type { Visit } from '../../src/visitors/visits/visit.ts';
import { factsOf } from '../setup/facts.ts';
import { planOf, visitOf } from '../setup/plan.ts';
import { median } from './noise.ts';

/**
 * `npm run bench:routing`: what the steps of routing cost a visit, by the decision that they come to. Where something is
 * opened, the choice of what is part of it.
 */
const decisions = 2_000_000;
const rounds = 15;

const open = planOf();
const sent = visitOf();

const cases: readonly [string, Plan, Visit][] = [
  ['send', open, sent],
  ['preview', open, { ...sent, isPreview: true }],
  ['ended', { ...open, endedBy: 'archived' }, sent],
];

/** As many rules as a link may have, of a few questions each. None of them holds, so that all are asked. */
const rules = Array.from({ length: 20 }, (_, index): PlannedRoute => {
  const timeZone = ['Europe/Berlin', 'America/New_York', 'UTC'][index % 3] ?? 'UTC';
  return {
    id: index + 1,
    when: {
      all: [
        { what: 'system', is: 'one_of', values: ['android'] },
        {
          any: [
            { what: 'country', is: 'one_of', values: ['AT', 'CH', 'ES', 'FR'] },
            { what: 'language', is: 'one_of', values: ['pt', 'es-mx'] },
            { what: 'query', name: 'ref', is: 'one_of', values: ['newsletter'] },
          ],
        },
        { not: { what: 'weekday', is: 'one_of', values: ['sun'], timeZone } },
        { what: 'time', is: 'between', from: '20:00', to: '06:00', timeZone },
      ],
    },
    to: [{ id: index + 1, key: index + 1, url: `https://example.com/${index}`, weight: 1, app: null }],
  };
});
const own = 'https://example.com/own';
const routed = opensOf({ opens: 'url', url: own, splitPlan: null, routesPlan: { secret: 'bench', routes: rules } });
const asked = factsOf();
const visitor = { isHuman: true, shape: 'Mozilla/0', factsOf: () => asked };

/** Nanoseconds to walk all rules. */
function timeOfRules(): number {
  const visits = decisions / 20;
  let found = 0;
  const startedAt = performance.now();
  for (let count = 0; count < visits; count++)
    if (openingOf(routed).choose(routed, sent, visitor).routeId === null) found++;
  const nanoseconds = ((performance.now() - startedAt) * 1e6) / visits;
  if (found !== visits) throw new Error(`${visits - found} visits were sent by a rule.`);
  return nanoseconds;
}

/** Nanoseconds a decision. The kinds are counted, so that nothing of the work can be left out. */
function timeOf(name: string, plan: Plan, visit: Visit): number {
  let found = 0;
  const startedAt = performance.now();
  for (let count = 0; count < decisions; count++) {
    const { kind } = decide(plan, visit);
    if (kind === name && (kind === 'ended' || openingOf(plan.opens).choose(plan.opens, visit) === plan.opens)) found++;
  }
  const nanoseconds = ((performance.now() - startedAt) * 1e6) / decisions;
  if (found !== decisions) throw new Error(`${decisions - found} visits were not decided as ${name}.`);
  return nanoseconds;
}

const times = new Map<string, number[]>(cases.map(([name]) => [name, []]));
for (let round = 0; round < rounds; round++)
  for (const [name, plan, visit] of cases) times.get(name)?.push(timeOf(name, plan, visit));
const ofRules = Array.from({ length: rounds }, timeOfRules);
for (const [name, ofCase] of times)
  console.log(`${name.padEnd(8)} ${median(ofCase).toFixed(1).padStart(6)} ns a decision`);
console.log(
  `20 rules ${median(ofRules).toFixed(1).padStart(6)} ns a visit, ${Math.min(...ofRules).toFixed(1)} at best`,
);
