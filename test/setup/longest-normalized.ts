import { vi } from 'vitest';

/**
 * Length of the longest text that is put into a normal form meanwhile. The time of that grows by the square of the marks
 * on one letter, so a bound on the length is one on the time, on any machine.
 */
export async function longestNormalized(work: () => unknown): Promise<number> {
  const spy = vi.spyOn(String.prototype, 'normalize');
  try {
    await work();
    return Math.max(0, ...spy.mock.contexts.map((text) => String(text).length));
  } finally {
    spy.mockRestore();
  }
}
