import { LRUCache } from 'lru-cache';

const hourMs = 60 * 60 * 1000;

/**
 * A cache of what visitors bring, by address or user agent: at most `max` entries, and all of them are forgotten once an
 * hour, whether somebody asks or not. A time for each entry would cost something at each look.
 */
export function hourlyCache<Value extends object>(max: number): LRUCache<string, Value> {
  const cache = new LRUCache<string, Value>({ max });
  setInterval(() => cache.clear(), hourMs).unref();
  return cache;
}
