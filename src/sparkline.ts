import { max } from 'd3-array';
import { scaleLinear, scalePoint } from 'd3-scale';
import { area, curveMonotoneX, line } from 'd3-shape';

export type Sparkline = { width: number; height: number; line: string; area: string; isFlat: boolean };

const WIDTH = 96;
const HEIGHT = 28;
// Room for half the stroke, so that peaks and zeros are not cut.
const INSET = 2;

/** Two small paths for a row of counts, oldest first. A flat line on the ground when there is nothing to show. */
export function drawSparkline(values: number[]): Sparkline {
  const counts = values.length > 1 ? values : [values[0] ?? 0, values[0] ?? 0];
  const top = max(counts) ?? 0;
  const x = scalePoint(counts.keys(), [INSET, WIDTH - INSET]);
  const y = scaleLinear([0, Math.max(top, 1)], [HEIGHT - INSET, INSET]);
  const at = (_: number, index: number) => x(index) ?? 0;
  return {
    width: WIDTH,
    height: HEIGHT,
    line: line<number>(at, y).curve(curveMonotoneX).digits(1)(counts) ?? '',
    area:
      area<number>(at, HEIGHT - INSET, y)
        .curve(curveMonotoneX)
        .digits(1)(counts) ?? '',
    isFlat: top === 0,
  };
}
