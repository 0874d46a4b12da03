import type { Visit } from '../visits/visit.ts';
import type { Destination, Plan } from './plan.ts';

/** Kinds of decisions, each with what it carries. */
type Carried = {
  send: { destination: Destination };
  /** To be shown, with the destination that this visit would be sent to. */
  preview: { destination: Destination };
  /** `leadsTo`: the link's own address for those who come too late, as a host has one; null leaves it to the host. */
  ended: { why: NonNullable<Plan['endedBy']>; leadsTo: string | null };
};

/** The fate of a visit. */
export type Decision<Kind extends keyof Carried = keyof Carried> = {
  [Each in Kind]: { kind: Each } & Carried[Each];
}[Kind];

/** Looks at one thing, and leaves the visit to the next step where that decides nothing. */
type Step = (plan: Plan, visit: Visit) => Decision | undefined;

const ended: Step = ({ endedBy }) => (endedBy === null ? undefined : { kind: 'ended', why: endedBy, leadsTo: null });

const previewed: Step = (plan, visit) =>
  visit.isPreview === true ? { kind: 'preview', destination: destinationOf(plan) } : undefined;

const sent = (plan: Plan): Decision => ({ kind: 'send', destination: destinationOf(plan) });

/** In order; the first that decides wins, and a visit that none decides is sent. */
const steps: readonly Step[] = [ended, previewed];

/** The destination of a visit that nothing ends. */
const destinationOf = ({ destinations }: Plan): Destination => destinations[0];

/** Decides one visit. Pure: the visit brings the time, so that a plan in memory is right at every instant. */
export function decide(plan: Plan, visit: Visit): Decision {
  for (const step of steps) {
    const decision = step(plan, visit);
    if (decision !== undefined) return decision;
  }
  return sent(plan);
}
