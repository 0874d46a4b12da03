import { availableParallelism } from 'node:os';
import { Turns } from './turns.ts';

/**
 * `rows`: what reads many rows, such as filtered reports and exports. `lists`: what an index or a rollup answers, and
 * searches of links. They wait apart, so that a page does not wait behind an export.
 */
export type Lane = 'rows' | 'lists';
type Lanes = Readonly<Record<Lane, Turns>>;

/** As node-postgres has them where nothing is said. */
const usualConnections = 10;

const lanesOfPool = new WeakMap<object, Lanes>();

/**
 * Divides the connections of a pool: both lanes together leave some of them to what is short. The statements of one
 * workspace leave half of the cores to everybody else, redirects first.
 * @param cores of this machine, which often is the database's too
 */
export function divideLanes(pool: object, connections: number, cores = availableParallelism()): Lanes {
  const ofAll = Math.max(1, Math.floor((connections - 1) * 0.45));
  const ofWorkspace = Math.max(1, Math.min(Math.ceil(ofAll / 2), Math.floor(cores / 2)));
  const limits = { ofAll, ofWorkspace };
  const rows = new Turns(limits);
  // Two connections: one is for what is short.
  const lanes = { rows, lists: connections < 3 ? rows : new Turns(limits) };
  lanesOfPool.set(pool, lanes);
  return lanes;
}

/** The lanes of a pool; of one that was not divided, as if it had the usual ten connections. */
export const lanesOf = (pool: object): Lanes => lanesOfPool.get(pool) ?? divideLanes(pool, usualConnections);
