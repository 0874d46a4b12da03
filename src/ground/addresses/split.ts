/** One of the addresses among which a link's visitors are split. */
export type SplitVersion = {
  /** Null for the link's own address. */
  url: string | null;
  /** Its share is this by the sum of all: a whole number from 0 to 1000. */
  weight: number;
};

/** An A/B test as people decide it. */
export type Split = {
  /** Two to eight; reports call the first A. */
  versions: SplitVersion[];
  /** From this instant (ISO 8601, UTC) on all visitors go to the link's own address; null: until somebody ends it. */
  endsAt: string | null;
  /** Until it goes on, all visitors go to the link's own address. */
  isPaused: boolean;
  /** Id of a goal: the test ends by itself once a version is clearly ahead by it. Left out: somebody ends it. */
  endsByGoal?: string;
};

/** How a test stands for visitors: one that is paused or over sends all of them to the link's own address. */
export const stateOfSplit = ({ isPaused, endsAt }: Split, now: Date): 'running' | 'paused' | 'over' =>
  endsAt !== null && Date.parse(endsAt) <= now.getTime() ? 'over' : isPaused ? 'paused' : 'running';

/** One of its addresses, as hits know it: a row of `link_destinations`. */
export type SplitDestination = {
  id: number;
  /** The id of the test's first address. */
  test: number;
  /** Visitors are split by it: it stays the same for an address while weights change. */
  key: number;
  url: string;
  /** Of the link itself: what stands there leads on, also where a version without tests changed it. */
  isOwn: boolean;
  weight: number;
};

/** The same as the redirect reads it: addresses have ids, and a secret keeps strangers from choosing theirs. */
export type SplitPlan = Pick<Split, 'endsAt' | 'isPaused'> & { secret: string; destinations: SplitDestination[] };

/** How somebody ended a test on its tab. */
export type TestEnd = {
  /** ISO 8601, UTC. */
  at: string;
  /** 1 for A; null where no version won. */
  winner: number | null;
  /** In words of their own; '' for none. */
  reason: string;
  /** Its numbers at that moment, A first, and the sentence that the tab had for them. */
  versions: { url: string; clicks: number; visitors: number; conversions: number }[];
  advice: string;
};

/** When a version of a test was clearly ahead for the first time. */
export type TestAhead = {
  /** ISO 8601, UTC. */
  at: string;
  /** 2 for B. */
  version: number;
};
