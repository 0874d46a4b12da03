const waiting: (() => void)[] = [];
let isPlanned = false;
let owedMs = 0;
const leastPauseMs = 2;

/**
 * Waits for a round of the event loop of one's own. One long piece of work is begun a round, with a pause behind it that is
 * as long. However much is to be written, redirects have half of this process.
 */
export function ownRound(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    plan();
  });
}

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  // An immediate that is set by another one runs in the next round (Node.js, event loop, "check").
  setImmediate(() => {
    const began = performance.now();
    waiting.shift()?.();
    // The piece itself runs between the two: it follows from a promise.
    setImmediate(() => pause(performance.now() - began));
  });
}

/** A timer waits a millisecond at least, so that short pieces owe their pauses for a while. */
function pause(ms: number): void {
  owedMs += ms;
  if (owedMs < leastPauseMs) return goOn();
  setTimeout(goOn, owedMs);
  owedMs = 0;
}

function goOn(): void {
  isPlanned = false;
  if (waiting.length > 0) plan();
}

/**
 * Maps many values some at a time, each some in a round of their own.
 * @param size how many; they should take a millisecond or two
 */
export async function inRounds<Value, Result>(
  values: readonly Value[],
  size: number,
  map: (some: Value[]) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < values.length; from += size) {
    await ownRound();
    results.push(map(values.slice(from, from + size)));
  }
  return results;
}
