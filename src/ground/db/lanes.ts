import { Turns } from './turns.ts';

/**
 * `rows`: what reads many rows, such as filtered reports, searches and exports. `lists`: what an index or a rollup
 * answers. They wait apart, so that a page does not wait behind an export.
 */
export type Lane = 'rows' | 'lists';
type Lanes = Readonly<Record<Lane, Turns>>;

/** As node-postgres has them where nothing is said. */
const usualConnections = 10;

const lanesOfPool = new WeakMap<object, Lanes>();

/**
 * Divides the connections of a pool: both lanes together leave some of them to what is short.
 */
export function divideLanes(pool: object, connections: number): Lanes {
  const ofAll = Math.max(1, Math.floor((connections - 1) * 0.45));
  const limits = { ofAll, ofWorkspace: Math.ceil(ofAll / 2) };
  const rows = new Turns(limits);
  // Two connections: one is for what is short.
  const lanes = { rows, lists: connections < 3 ? rows : new Turns(limits) };
  lanesOfPool.set(pool, lanes);
  return lanes;
}

/** The lanes of a pool; of one that was not divided, as if it had the usual ten connections. */
export const lanesOf = (pool: object): Lanes => lanesOfPool.get(pool) ?? divideLanes(pool, usualConnections);
