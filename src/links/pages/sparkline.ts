import { max } from 'd3-array';
import { scaleLinear, scalePoint } from 'd3-scale';
import { line } from 'd3-shape';

export type Sparkline = { width: number; height: number; line: string; area: string; isFlat: boolean };

const WIDTH = 96;
const HEIGHT = 28;
// Room for half the stroke, so that peaks and zeros are not cut.
const INSET = 2;

/**
 * Two small paths for a row of counts, oldest first, straight from day to day: at three pixels a day nobody sees a curve,
 * and a list has fifty of them. A flat line on the ground when there is nothing to show.
 */
export function drawSparkline(values: number[]): Sparkline {
  const counts = values.length > 1 ? values : [values[0] ?? 0, values[0] ?? 0];
  const top = max(counts) ?? 0;
  const [left, right, ground] = [INSET, WIDTH - INSET, HEIGHT - INSET];
  if (top === 0) return { width: WIDTH, height: HEIGHT, line: `M${left},${ground}H${right}`, area: '', isFlat: true };
  const x = scalePoint(counts.keys(), [left, right]);
  const y = scaleLinear([0, top], [ground, INSET]);
  const path = line<number>((_, index) => x(index) ?? 0, y).digits(1)(counts) ?? '';
  return { width: WIDTH, height: HEIGHT, line: path, area: `${path}V${ground}H${left}Z`, isFlat: false };
}
