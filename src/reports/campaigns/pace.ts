import { addDays, DAY, dayStart } from '../../ground/time/zoned-time.ts';

/** The plan that pace is measured against: a goal and its days, both ends included. */
export type PaceInput = {
  /** Clicks, above zero. */
  goal: number;
  /** Clicks from the first day on. */
  clicks: number;
  /** 'YYYY-MM-DD' */
  startsOn: string;
  endsOn: string;
  timeZone: string;
  now: Date;
};

export type Pace = {
  /** `early`: within the first day, when a few clicks say nothing about the rest. */
  state: 'not started' | 'early' | 'on pace' | 'behind' | 'reached' | 'missed';
  /** Share of the goal: 0.5 is half, and it may pass 1. */
  progress: number;
  /** Clicks by now if they came evenly. */
  expected: number;
  /** Clicks at the end if they go on as they came; null where that is no more than a guess, and once it is over. */
  projected: number | null;
};

/** How a campaign does against its goal. The days are the zone's, so one may have 23 or 25 hours. */
export function paceOf({ goal, clicks, startsOn, endsOn, timeZone, now }: PaceInput): Pace {
  const start = dayStart(startsOn, timeZone).getTime();
  const end = dayStart(addDays(endsOn, 1), timeZone).getTime();
  const elapsed = Math.min(Math.max(now.getTime() - start, 0), end - start);
  const share = elapsed / (end - start);
  const isOver = share === 1;
  const isEarly = elapsed < DAY && !isOver;
  const projected = isEarly || isOver ? null : Math.round(clicks / share);
  return { state: stateOf(), progress: clicks / goal, expected: Math.round(goal * share), projected };

  function stateOf(): Pace['state'] {
    if (elapsed === 0) return 'not started';
    if (clicks >= goal) return 'reached';
    if (isOver) return 'missed';
    if (isEarly) return 'early';
    return clicks >= goal * share ? 'on pace' : 'behind';
  }
}
