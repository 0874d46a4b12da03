import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Reads until it is so, and gives back what it read last. Announcements travel by way of Postgres, at once or a moment
 * later where a machine is busy; what was never announced would be found after a minute, which is more than this waits.
 */
export async function eventually<Value>(read: () => Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  for (const giveUpAt = Date.now() + 10_000; ; await sleep(10)) {
    const value = await read();
    if (isSo(value) || Date.now() > giveUpAt) return value;
  }
}
