import type { Route } from '../../ground/addresses/route.ts';
import type { Facts } from '../../visitors/conditions/facts.ts';
import { explain, type Explained } from '../../visitors/conditions/explain.ts';
import { openingOf } from '../../visitors/openings/list.ts';
import { ownIn, routesIn, type WayOn, waysOf } from '../../visitors/openings/ways.ts';
import { decide } from '../../visitors/routing/decide.ts';
import type { Plan } from '../../visitors/routing/plan.ts';
import { fillPlaceholders, type Host } from '../../visitors/redirect/host.ts';
import { endedAddress, visitorPageHeaders } from '../../visitors/redirect/pages.ts';
import type { MadeUpVisit } from './made-up.ts';

/** An answer of the redirect, and how many of such visitors get it: 1 is all. */
export type SimulatedAnswer = {
  share: number;
  status: number;
  headers: Readonly<Record<string, string>>;
  /** The address that it leads to, or that its page is about; null for a page of ours. */
  url: string | null;
};

/** `passed`: it does not hold. `unknown`: the visitor lacks what it asks. `skipped`: visits of this kind go by no rule. */
export const ruleOutcomes = ['matched', 'passed', 'unknown', 'not_reached', 'skipped'] as const;

export type SimulatedRule = {
  name: string;
  outcome: (typeof ruleOutcomes)[number];
  /** Null where it was not asked. */
  why: Explained | null;
  when: Route['when'];
};

export const simulatedKinds = ['sent', 'preview', 'ended', 'unserved'] as const;

export type Simulation = {
  /** `preview`: a page tells where the link leads. `unserved`: the domain does not serve links yet. */
  kind: (typeof simulatedKinds)[number];
  /** The act that ended the link. */
  endedBy: Plan['endedBy'];
  /** The part of the link that decided; null where visitors are not sent to it. */
  by: 'rule' | 'test' | 'own' | null;
  /** Several where the visitor's address decides, and is not known. */
  answers: readonly SimulatedAnswer[];
  rules: readonly SimulatedRule[];
  /** People, or a machine. */
  class: MadeUpVisit['verdict']['class'];
  reason: string;
  facts: Facts;
};

/**
 * Tells what the redirect answers to a visit, and why, by the redirect's own functions. Pure.
 * @param host null where the domain is not live
 * @param routes rules as people know them, in the order of the plan's
 */
export function simulate(
  { plan, host }: { plan: Plan; host: Host | null },
  routes: readonly Route[],
  { visit, verdict, shape, factsOf, isVersionKnown }: MadeUpVisit,
): Simulation {
  const facts = factsOf(ownIn(plan.opens).utm);
  const isHuman = verdict.class === 'human';
  const about = { class: verdict.class, reason: verdict.reason, facts, endedBy: null };
  const skipped = () => rulesOf(plan, routes, null);
  if (!host) return { ...about, kind: 'unserved', by: null, answers: [unserved], rules: skipped() };
  const decision = decide(plan, visit);
  const opening = openingOf(plan.opens);
  const page = (status: number, url: string | null, share = 1): SimulatedAnswer => {
    const headers = { ...host.headers, ...visitorPageHeaders("'none'"), 'x-robots-tag': 'noindex' };
    return { share, status, url, headers };
  };
  const redirect = (status: number, location: string, share = 1): SimulatedAnswer => {
    return { share, status, url: location, headers: { ...host.headers, location } };
  };
  if (decision.kind === 'ended') {
    const visited = { path: `/${encodeURIComponent(plan.slug)}`, query: visit.rawQuery };
    const address = endedAddress(host, decision);
    const answer = address === null ? page(410, null) : redirect(302, fillPlaceholders(address, visited));
    return { ...about, kind: 'ended', endedBy: decision.why, by: null, answers: [answer], rules: skipped() };
  }
  if (decision.kind === 'preview') {
    const shown = opening.choose(plan.opens, visit) as WayOn['to'];
    return { ...about, kind: 'preview', by: null, answers: [page(200, shown.url)], rules: skipped() };
  }
  const ways = waysOf(plan.opens, visit, isHuman ? facts : null);
  const answerOf = (to: WayOn['to'], share: number): SimulatedAnswer => {
    const given = opening.open(to, visit);
    return typeof given === 'string' ? redirect(host.redirectStatus, given, share) : page(200, to.url, share);
  };
  // Keys of addresses that nobody has saved are not theirs yet.
  const isCertain = ways.among.length === 1 || (isVersionKnown && ways.among.every(({ key }) => key >= 0));
  const chosen = () => opening.choose(plan.opens, visit, { isHuman, shape, factsOf }) as WayOn['to'];
  const answers = isCertain ? [answerOf(chosen(), 1)] : ways.among.map(({ to, share }) => answerOf(to, share));
  return { ...about, kind: 'sent', by: ways.by, answers, rules: rulesOf(plan, routes, isHuman ? facts : null) };
}

/** A host that is nobody's answers the same to everybody. */
const unserved: SimulatedAnswer = {
  share: 1,
  status: 404,
  url: null,
  headers: { 'cache-control': 'private, no-store', 'x-robots-tag': 'noindex' },
};

/** @param facts null where no rule is asked */
function rulesOf({ opens }: Plan, routes: readonly Route[], facts: Facts | null): SimulatedRule[] {
  let isDecided = false;
  return routesIn(opens).map(({ when }, index) => {
    const route = routes[index];
    const rule = { name: route?.name ?? `Rule ${index + 1}`, when: route?.when ?? when.condition };
    if (!facts || isDecided) return { ...rule, outcome: facts ? 'not_reached' : 'skipped', why: null };
    const why = explain(when, facts);
    isDecided = why.truth === true;
    return { ...rule, outcome: isDecided ? 'matched' : why.truth === null ? 'unknown' : 'passed', why };
  });
}
