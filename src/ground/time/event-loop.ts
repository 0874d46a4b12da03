const waiting: (() => void)[] = [];
let isPlanned = false;

/**
 * Waits for a round of the event loop of one's own. One long piece of work is begun a round: however many answers are
 * written at once, a redirect waits for one piece at each of its steps.
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
    isPlanned = false;
    waiting.shift()?.();
    if (waiting.length > 0) plan();
  });
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
