import { setTimeout as sleep } from 'node:timers/promises';

type Step = { name: string; withinMs: number; close: () => Promise<unknown> };

/** Closes resources in reverse order of opening. Each step has a time limit, so a hanging one cannot block the rest. */
export class Closing {
  readonly #steps: Step[] = [];
  readonly #onProblem: (sentence: string, error?: unknown) => void;
  #closed: Promise<void> | undefined;

  constructor(onProblem: (sentence: string, error?: unknown) => void) {
    this.#onProblem = onProblem;
  }

  get hasBegun(): boolean {
    return this.#closed !== undefined;
  }

  /** @param withinMs how long the step may take before the next one is begun */
  add(name: string, withinMs: number, close: () => Promise<unknown>): void {
    this.#steps.push({ name, withinMs, close });
  }

  /** Closes everything, once; who asks again waits for the same. It never rejects. */
  all(): Promise<void> {
    return (this.#closed ??= this.#closeAll());
  }

  async #closeAll(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      const { name, withinMs, close } = step;
      try {
        const end = await Promise.race([close(), sleep(withinMs, 'late', { ref: false })]);
        if (end === 'late') this.#onProblem(`the stop goes on without ${name}, which took over ${withinMs} ms`);
      } catch (error) {
        this.#onProblem(`${name} could not be closed`, error);
      }
    }
  }
}
