import { type Chart, drawChart } from '../charts/chart.ts';
import { formatTime, plural } from '../../ground/text/format.ts';
import type { MinuteCount } from './queries.ts';

const minuteMs = 60_000;
const minutes = 30;

/** The last half hour in words and shapes: plain values for views/reports/live/realtime.eta. */
export type Realtime = {
  /** '12 clicks', '9 visitors new today'. */
  clicks: string;
  visitors: string | null;
  /** '3 more hits were not people.' */
  others: string | null;
  chart: Chart;
};

/** The beginning of the view: a minute's start, so that the first bar is whole. */
export function realtimeSince(now: Date): Date {
  return new Date((Math.floor(now.getTime() / minuteMs) - minutes + 1) * minuteMs);
}

/** @param counts of the minutes from realtimeSince(now) on */
export function realtimeOf(counts: readonly MinuteCount[], now: Date, timeZone: string): Realtime {
  const byMinute = new Map(counts.map((count) => [count.minute, count]));
  const first = realtimeSince(now).getTime();
  const points = Array.from({ length: minutes }, (_, index) => {
    const start = first + index * minuteMs;
    const time = formatTime(new Date(start), timeZone);
    return {
      key: new Date(start).toISOString(),
      label: time,
      shortLabel: time,
      value: byMinute.get(start)?.clicks ?? 0,
      isUnfinished: index === minutes - 1,
    };
  });
  const sum = (of: (count: MinuteCount) => number) => counts.reduce((total, count) => total + of(count), 0);
  const [clicks, visitors, hits] = [sum((each) => each.clicks), sum((each) => each.visitors), sum((each) => each.hits)];
  const others = hits - clicks;
  return {
    clicks: clicks === 0 ? 'No clicks' : plural(clicks, 'click'),
    visitors: visitors > 0 ? `${plural(visitors, 'visitor')} new today` : null,
    others:
      others > 0
        ? `${plural(others, clicks > 0 ? 'more hit' : 'hit')} ${others === 1 ? 'was' : 'were'} not by people.`
        : null,
    chart: drawChart({ name: 'click', points, width: 1080, height: 200 }),
  };
}
