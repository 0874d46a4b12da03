/** So many a second, and no state besides two numbers. */
export class Budget {
  readonly #max: number;
  #endsAt = 0;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @param now in milliseconds, by a clock that never jumps */
  take(now: number): boolean {
    if (now >= this.#endsAt) {
      this.#endsAt = now + 1_000;
      this.#taken = 0;
    }
    return ++this.#taken <= this.#max;
  }
}
