import { openingOf } from '../../src/visitors/openings/list.ts';
import { decide } from '../../src/visitors/routing/decide.ts';
import type { Plan } from '../../src/visitors/routing/plan.ts';
import type { Visit } from '../../src/visitors/visits/visit.ts';
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
for (const [name, ofCase] of times)
  console.log(`${name.padEnd(8)} ${median(ofCase).toFixed(1).padStart(6)} ns a decision`);
