import { afterEach, expect, it, vi } from 'vitest';
import { hourlyCache } from '../../../src/ground/time/hourly-cache.ts';

afterEach(() => void vi.useRealTimers());

it('what visitors bring is forgotten within an hour, also when nobody asks for it', () => {
  vi.useFakeTimers();
  const cache = hourlyCache<object>(10);
  cache.set('81.2.69.142', {});
  vi.advanceTimersByTime(59 * 60_000);
  expect(cache.size).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(cache.size).toBe(0);
});
