import type { Leaf, Route } from '../../ground/addresses/route.ts';
import { inRounds } from '../../ground/time/event-loop.ts';
import { factsKept, type KeptHit, type KeptLink, lostOf } from '../../visitors/clicks/kept-facts.ts';
import { type Opens } from '../../visitors/openings/list.ts';
import { routesIn, type Ways } from '../../visitors/openings/ways.ts';
import { type NotKnown, type ReplayOutcome, outcomeOf, shareMoved } from './outcome.ts';

/** Hits that no question of the rules tells apart. */
export type KeptShape = KeptHit & {
  /** Milliseconds since 1970: an instant that all questions about the time answer as theirs. */
  at: number;
  hits: number;
};

/** Rules with what else a link leads to. */
export type Replayed = { routes: readonly Pick<Route, 'name'>[]; opens: Opens };

/** A part of a link that visitors are sent by, and its addresses: `share` 1 is all. */
export type ReplayPlace = {
  by: Ways['by'];
  /** The name of the rule. */
  rule: string | null;
  addresses: readonly { url: string; share: number }[];
};

export type ReplayMove = {
  from: ReplayPlace;
  to: ReplayPlace;
  /** Clicks that came from the one to the other, and how many of them would see another address. */
  clicks: number;
  moved: number;
};

export type Replay = {
  /** Clicks of people. */
  clicks: number;
  /** Those that would have gone elsewhere. */
  moved: number;
  /** Visitors are split where they moved, so that `moved` is what can be expected. */
  isEstimate: boolean;
  /** Those of which nobody can tell, because not all that rules ask was kept. */
  unknown: number;
  /** The most clicks first. */
  moves: readonly ReplayMove[];
  /** Questions whose answers were lost, by how many of the clicks that were not known needed them. */
  lost: readonly { leaf: Leaf; clicks: number }[];
};

/** Shapes that are looked at in one round of the event loop. */
const shapesAtOnce = 500;

/** The fate that kept hits would have had. @param now A/B tests are as they are then */
export async function replayShapes(
  shapes: readonly KeptShape[],
  of: KeptLink,
  { current, draft }: { current: Replayed; draft: Replayed },
  now: Date,
): Promise<Replay> {
  const moves = new Map<string, ReplayMove>();
  const lost = new Map<string, { leaf: Leaf; clicks: number }>();
  let [clicks, unknown, isEstimate] = [0, 0, false];
  await inRounds(shapes, shapesAtOnce, (some) => {
    for (const shape of some) take(shape);
  });
  const all = [...moves.values()].map((move) => ({ ...move, moved: Math.round(move.moved) }));
  return {
    clicks,
    moved: all.reduce((sum, { moved }) => sum + moved, 0),
    isEstimate,
    unknown,
    moves: all.toSorted((one, other) => other.moved - one.moved || other.clicks - one.clicks),
    lost: [...lost.values()].toSorted((one, other) => other.clicks - one.clicks),
  };

  function take(shape: KeptShape): void {
    clicks += shape.hits;
    const facts = factsKept(shape, of, shape.at);
    const isLost = lostOf(shape, of);
    const before = outcomeOf(current.opens, facts, isLost, now);
    const after = outcomeOf(draft.opens, facts, isLost, now);
    if ('lost' in before || 'lost' in after) return miss([before, after], shape.hits);
    const share = shareMoved(before.ways, after.ways, idOf(current, before) === idOf(draft, after));
    if (share === 0) return;
    isEstimate ||= share < 1;
    const key = `${before.rule} ${after.rule} ${before.ways.by} ${after.ways.by}`;
    const move = moves.get(key) ?? { from: placeOf(current, before), to: placeOf(draft, after), clicks: 0, moved: 0 };
    moves.set(key, { ...move, clicks: move.clicks + shape.hits, moved: move.moved + shape.hits * share });
  }

  function miss(outcomes: readonly (ReplayOutcome | NotKnown)[], hits: number): void {
    unknown += hits;
    const leaves = outcomes.flatMap((each) => ('lost' in each ? each.lost : []));
    for (const [key, leaf] of new Map(leaves.map((each) => [lossOf(each), each])))
      lost.set(key, { leaf, clicks: (lost.get(key)?.clicks ?? 0) + hits });
  }
}

/** Questions that lack the same thing. */
const lossOf = (leaf: Leaf): string => (leaf.what === 'query' ? `query ${leaf.name}` : leaf.what);

/** The rule as hits know it; null for none. */
const idOf = ({ opens }: Replayed, { rule }: ReplayOutcome): number | null =>
  rule === null ? null : (routesIn(opens)[rule]?.id ?? null);

const placeOf = ({ routes }: Replayed, { rule, ways }: ReplayOutcome): ReplayPlace => ({
  by: ways.by,
  rule: rule === null ? null : (routes[rule]?.name ?? `Rule ${rule + 1}`),
  addresses: ways.among.map(({ to, share }) => ({ url: to.url, share })),
});
