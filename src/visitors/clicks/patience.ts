import { TooLate, within } from '../../ground/time/within.ts';

/**
 * Waits for steps on a disk that may hang. A step that takes too long is given up, not stopped: it may still succeed. Until it
 * ends no other one is begun, because each would hold a thread of the pool that everything else needs, too.
 */
export class TimeLimit {
  readonly #limitMs: number;
  #hanging = 0;

  /** @param limitMs how long a step may take, in milliseconds */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** True while a step that was given up has not ended. */
  get isOver(): boolean {
    return this.#hanging > 0;
  }

  /** @throws what the step throws, or that it took too long; at once while another one hangs */
  async wait<Result>(step: () => Promise<Result>): Promise<Result> {
    if (this.isOver) throw new Error('the disk hangs');
    const result = step();
    try {
      return await within(this.#limitMs, result);
    } catch (error) {
      if (!(error instanceof TooLate)) throw error;
      this.#hanging++;
      const end = () => void this.#hanging--;
      result.then(end, end);
      throw new Error(`the disk did not answer within ${this.#limitMs} ms`, { cause: error });
    }
  }
}
