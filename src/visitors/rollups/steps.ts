/** Hits that one transaction takes, in about a second: the sums of many hits cost little more than those of few. */
export const hitsAStep = 20_000;

/** The first of some things, as many as have a step's hits together, at least one. */
export function firstStepOf<Of>(things: readonly Of[], hitsOf: (thing: Of) => number): readonly Of[] {
  let hits = 0;
  const enough = things.findIndex((thing) => (hits += hitsOf(thing)) >= hitsAStep);
  return enough === -1 ? things : things.slice(0, enough + 1);
}
