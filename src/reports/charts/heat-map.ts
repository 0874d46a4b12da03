import { formatNumber, plural } from '../../ground/text/format.ts';
import { dayNames, type WeekStart } from '../../ground/time/week.ts';

/** A cell of the week; level 0 is nothing, 5 the most. Lengths are units of the drawing. */
type HeatCell = { x: number; y: number; level: number; title: string };

export type HeatMap = {
  width: number;
  height: number;
  cell: { width: number; height: number };
  cells: HeatCell[];
  days: { y: number; label: string }[];
  hours: { x: number; label: string }[];
  /** The rows of the table behind it: clicks of each hour of a day. */
  rows: { day: string; clicks: number[] }[];
  /** A sentence instead of the picture. */
  summary: string;
};

const step = { x: 30, y: 26 };
const margin = { left: 44, top: 4, bottom: 24 };
const gap = 3;
const levels = 5;

const hourOf = (hour: number) => `${String(hour).padStart(2, '0')}:00`;

/**
 * @param week clicks of each hour of the week, Monday's first: 168 numbers
 * @param weekStartsOn the day that is drawn first
 */
export function drawHeatMap(week: readonly number[], weekStartsOn: WeekStart = 1): HeatMap {
  const most = Math.max(...week);
  const peak = week.indexOf(most);
  const fromMonday = dayNames.map((day, index) => ({ day, clicks: week.slice(index * 24, index * 24 + 24) }));
  const first = (weekStartsOn + 6) % 7;
  const rows = [...fromMonday.slice(first), ...fromMonday.slice(0, first)];
  return {
    width: margin.left + 24 * step.x,
    height: margin.top + 7 * step.y + margin.bottom,
    cell: { width: step.x - gap, height: step.y - gap },
    cells: rows.flatMap(({ day, clicks }, row) =>
      clicks.map((count, hour) => ({
        x: margin.left + hour * step.x,
        y: margin.top + row * step.y,
        level: count === 0 ? 0 : Math.max(1, Math.ceil((count / most) * levels)),
        title: `${day}, ${hourOf(hour)}\n${plural(count, 'click')}`,
      })),
    ),
    days: rows.map(({ day }, row) => ({ y: margin.top + row * step.y + (step.y - gap) / 2, label: day.slice(0, 3) })),
    hours: [0, 6, 12, 18].map((hour) => ({ x: margin.left + hour * step.x, label: hourOf(hour) })),
    rows,
    summary:
      most === 0
        ? 'No clicks in this period.'
        : `Most clicks come on ${dayNames[Math.floor(peak / 24)]}s from ${hourOf(peak % 24)}: ${formatNumber(most)}.`,
  };
}
