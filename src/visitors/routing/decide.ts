import type { Visit } from '../visits/visit.ts';
import type { Plan } from './plan.ts';

/** Kinds of decisions, each with what it carries. */
type Carried = {
  /** To what the slug opens. */
  send: object;
  /** The same is shown without being opened. */
  preview: object;
  /** `leadsTo`: the link's own address for those who come too late; null leaves it to the host. */
  ended: { why: NonNullable<Plan['endedBy']>; leadsTo: string | null };
};

/** The fate of a visit. */
export type Decision<Kind extends keyof Carried = keyof Carried> = {
  [Each in Kind]: { kind: Each } & Carried[Each];
}[Kind];

/** Looks at one thing, and leaves the visit to the next step where that decides nothing. */
type Step = (plan: Plan, visit: Visit) => Decision | undefined;

const ended: Step = ({ endedBy }) => (endedBy === null ? undefined : { kind: 'ended', why: endedBy, leadsTo: null });

const preview: Decision = Object.freeze({ kind: 'preview' });
const previewed: Step = (_plan, visit) => (visit.isPreview === true ? preview : undefined);

const send: Decision = Object.freeze({ kind: 'send' });

/** In order; the first that decides wins, and a visit that none decides is sent. */
const steps: readonly Step[] = [ended, previewed];

/** Decides one visit. Pure: the visit brings the time, so that a plan in memory is right at every instant. */
export function decide(plan: Plan, visit: Visit): Decision {
  for (const step of steps) {
    const decision = step(plan, visit);
    if (decision !== undefined) return decision;
  }
  return send;
}
