import { describe, expect, it } from 'vitest';
import type { DimensionName } from '../../../src/visitors/rollups/dimensions.ts';
import { labelOf } from '../../../src/reports/counts/labels.ts';

describe('the name that people read for a value', () => {
  it.each<[DimensionName, string, string]>([
    ['country', 'DE', 'Germany'],
    ['country', '', 'Unknown'],
    ['device', 'tv', 'TV'],
    ['device', '', 'Unknown'],
    ['os', 'macOS', 'macOS'],
    ['language', 'pt', 'Portuguese'],
    ['channel', 'ai', 'AI assistants'],
    ['referrer', 't.co', 't.co'],
    ['referrer', '', 'Direct'],
    ['class', 'preview', 'Link previews'],
    ['class', 'no-such-class', 'no-such-class'],
    ['reason', 'preview:slack', 'Slack preview'],
    ['utm_source', '', 'Not set'],
    ['utm_source', '(other)', 'Other values, too many to tell apart'],
    ['language', '(other)', 'Other values, too many to tell apart'],
  ])('%s %j: %s', (dimension, value, label) => {
    expect(labelOf(dimension, value)).toEqual({ label, context: null });
  });

  it('has the country of a region or a city beside it', () => {
    expect(labelOf('region', 'DE/Bavaria')).toEqual({ label: 'Bavaria', context: 'Germany' });
    expect(labelOf('city', 'US/Saint John/East')).toEqual({ label: 'Saint John/East', context: 'United States' });
    expect(labelOf('city', '')).toEqual({ label: 'Unknown', context: null });
  });
});
