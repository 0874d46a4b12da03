import { describe, expect, it } from 'vitest';
import type { ChartPoint } from '../../../src/reports/charts/axes.ts';
import { type ChartInput, drawChart } from '../../../src/reports/charts/chart.ts';
import { drawSparkline } from '../../../src/links/pages/sparkline.ts';

const points = (values: (number | null)[], options: { unfinished?: number; label?: string } = {}): ChartPoint[] =>
  values.map((value, index) => ({
    key: `k${index}`,
    label: `Day ${index}`,
    shortLabel: options.label ?? `${index} Nov`,
    value,
    isUnfinished: index === options.unfinished,
  }));

const draw = (values: (number | null)[], options: Partial<ChartInput> & { unfinished?: number; label?: string } = {}) =>
  drawChart({ name: 'click', width: 960, height: 200, points: points(values, options), ...options });

const numbersIn = (path: string) => (path.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);

describe('the lines', () => {
  it('run from edge to edge, zero on the ground', () => {
    const { line } = draw([0, 10, 0]).main;
    expect(line.startsWith('M0,200')).toBe(true);
    expect(line.endsWith('960,200')).toBe(true);
  });

  it('never leave the plot and carry one decimal', () => {
    const chart = draw([3, 17, 0, 0, 1, 44, 2, 39, 5]);
    for (const number of numbersIn(chart.main.line + chart.main.area)) {
      expect(number).toBeGreaterThanOrEqual(0);
      expect(number).toBeLessThanOrEqual(960);
      expect(Number(number.toFixed(1))).toBe(number);
    }
  });

  it('draw the unfinished step apart, starting where the finished line ends', () => {
    const { main } = draw([4, 4, 4, 2], { unfinished: 3 });
    expect(main.line).toMatch(/640,0$/);
    expect(main.unfinishedLine).toBe('M640,0L960,100');
    expect(main.unfinishedArea).not.toBe('');
  });

  it('end where the future begins', () => {
    const chart = draw([4, 4, 2, null, null], { unfinished: 2 });
    expect(chart.main.unfinishedLine).toMatch(/480,100$/);
    expect(chart.bands[4]?.rows).toEqual([]);
  });

  it('draw a single step as a point, finished or not', () => {
    expect(draw([3]).main.line).toBe('M480,50Z');
    expect(draw([3, null, null], { unfinished: 0 }).main.line).toBe('M0,50Z');
    expect(draw([]).main.line).toBe('');
  });

  it('share one scale', () => {
    const chart = draw([1, 2], {
      second: { name: 'visitor', values: [1, 1] },
      comparison: { name: 'Previous 2 days', values: [40, 0], labels: ['Day -2', 'Day -1'] },
    });
    expect(chart.yTicks.at(-1)?.label).toBe('40');
    expect(chart.second?.line).toBe('M0,195L960,195');
    expect(chart.comparison?.line).toBe('M0,0L960,200');
  });
});

describe('the vertical axis', () => {
  it.each([
    [0, ['0', '1', '2', '3', '4']],
    [1, ['0', '1', '2', '3', '4']],
    [7, ['0', '2', '4', '6', '8']],
    [1234, ['0', '500', '1k', '1.5k']],
    [2_300_000, ['0', '1M', '2M', '3M']],
  ])('has few whole steps for %d clicks', (top, labels) => {
    expect(draw([0, top]).yTicks.map((tick) => tick.label)).toEqual(labels);
  });

  it('reaches above every value, with five lines at most', () => {
    for (let top = 1; top < 3000; top += 7) {
      const chart = draw([0, top]);
      expect(chart.yTicks.length).toBeLessThanOrEqual(5);
      expect(chart.yTicks.length).toBeGreaterThanOrEqual(3);
      expect(chart.yTicks.at(-1)?.y).toBe(0);
    }
  });
});

describe('the horizontal axis', () => {
  const gap = (ticks: { at: string }[], width: number) =>
    Math.min(
      ...ticks
        .slice(1)
        .map((tick, index) => ((parseFloat(tick.at) - parseFloat(ticks[index]?.at ?? '')) * width) / 100),
    );

  it.each([2, 3, 7, 24, 30, 53, 90, 168, 366, 1100])('has labels that do not collide with %d steps', (count) => {
    const { xTicks } = draw(
      Array.from({ length: count }, () => 1),
      { label: '22 Nov' },
    );
    expect(xTicks.length).toBeGreaterThan(0);
    expect(gap(xTicks, 960)).toBeGreaterThan(50);
    expect(
      gap(
        xTicks.filter((tick) => !tick.isWide),
        270,
      ),
    ).toBeGreaterThan(50);
  });

  it('labels only steps that have a label', () => {
    const hours = points(Array.from({ length: 72 }, () => 1)).map((point, index) => ({
      ...point,
      shortLabel: index % 24 === 0 ? `${index / 24} Nov` : '',
    }));
    expect(draw([], { points: hours }).xTicks.map((tick) => tick.label)).toEqual(['0 Nov', '1 Nov', '2 Nov']);
  });
});

describe('the bands', () => {
  it('cover the plot once, and the ends of their first and last points', () => {
    const { bands } = draw([1, 2, 3, 4, 5, 6, 7]);
    let end = -2;
    for (const band of bands) {
      expect(parseFloat(band.x)).toBeCloseTo(end, 1);
      end = parseFloat(band.x) + parseFloat(band.width);
    }
    expect(end).toBeCloseTo(102, 1);
  });

  it('say what happened', () => {
    const chart = draw([1204, 1], {
      unfinished: 1,
      second: { name: 'visitor', values: [988, 1] },
      comparison: { name: 'Previous 2 days', values: [1100, 3], labels: ['Sat', 'Sun'] },
    });
    expect(chart.bands[0]).toMatchObject({ label: 'Day 0', at: '0%', x: '-2%', width: '52%' });
    expect(chart.bands[0]?.rows.map((row) => row.text)).toEqual(['1,204 clicks', '988 visitors', '1,100 clicks, Sat']);
    expect(chart.bands[1]?.label).toBe('Day 1, so far');
    expect(chart.bands[1]?.rows[0]?.text).toBe('1 click');
    expect(chart.legend.map((entry) => entry.name)).toEqual(['Clicks', 'Visitors', 'Previous 2 days']);
  });
});

describe('the summary', () => {
  it('says in words what the picture shows', () => {
    expect(draw([1, 5, 2]).summary).toBe('8 clicks from Day 0 to Day 2. Most on Day 1: 5.');
    expect(draw([0, 0, null]).summary).toBe('No clicks in this period.');
  });
});

describe('a sparkline', () => {
  it('fills its 96 by 28 pixels', () => {
    expect(drawSparkline([0, 4, 2])).toMatchObject({
      line: 'M2,26L48,2L94,14',
      area: 'M2,26L48,2L94,14V26H2Z',
      isFlat: false,
    });
  });

  it('lies flat without clicks', () => {
    expect(drawSparkline([0, 0, 0])).toMatchObject({ line: 'M2,26H94', area: '', isFlat: true });
    expect(drawSparkline([])).toMatchObject({ line: 'M2,26H94', isFlat: true });
  });

  it('is a level line for a single count', () => {
    expect(drawSparkline([5]).line).toBe('M2,2L94,2');
  });
});
