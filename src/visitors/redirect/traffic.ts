import { type HitClass, hitClasses } from '../machines/hit-class.ts';
import { outcomesOfOpenings } from '../openings/list.ts';

/** Outcomes of a request on a host that serves short links. */
const outcomes = [
  ...outcomesOfOpenings,
  'preview',
  'host-page',
  'not-found',
  'limited',
  'gone',
  'method',
  'unknown-host',
  'unavailable',
] as const;

type Outcome = (typeof outcomes)[number];

/**
 * Counts of visitors' outcomes since this process began, for metrics. Plain numbers that the redirect adds to and that are read when
 * somebody asks: a metrics library would hash labels for each visitor.
 */
export type Traffic = {
  outcomes: Record<Outcome, number>;
  hits: Record<HitClass, number>;
  /** The source of the link of a redirect. */
  lookups: { memory: number; database: number };
};

/** Numbers that begin at nothing. */
export function countTraffic(): Traffic {
  return { outcomes: zeros(outcomes), hits: zeros(hitClasses), lookups: { memory: 0, database: 0 } };
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
