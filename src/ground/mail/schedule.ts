const minutes = 60_000;

/**
 * Pauses between tries, in milliseconds. The first are short, because links for new passwords live for an hour and most
 * servers that put us off (greylisting) take a second try; the last one is repeated (RFC 5321, 4.5.4.1).
 */
const pausesMs = [1, 4, 10, 30, 60, 120, 180].map((pause) => pause * minutes);

/** A mail that was put off for so long is given up, in milliseconds (RFC 5321, 4.5.4.1: four to five days). */
const giveUpMs = 4 * 24 * 60 * minutes;

/**
 * @param attempts how many failed
 * @returns when to try again; null: not any more
 */
export function nextTry(attempts: number, createdAt: Date, now: Date): Date | null {
  const pause = pausesMs[Math.min(attempts, pausesMs.length) - 1] ?? minutes;
  const next = now.getTime() + pause;
  return next - createdAt.getTime() > giveUpMs ? null : new Date(next);
}
