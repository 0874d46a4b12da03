import { Turns } from '../db/turns.ts';

/** Each takes one of Node's four threads for some 100 ms, and the spool of clicks needs them too. */
const turns = new Turns({ ofWorkspace: 2, ofAll: 2 });

/** People would rather wait than be refused; in milliseconds. */
const waitMs = 15_000;

/** Hashes or compares a password in turn. @throws Unavailable when no turn comes in time, and what `hash` throws */
export const inHashTurn = <Result>(hash: () => Promise<Result>): Promise<Result> => turns.take('', hash, { waitMs });
