/** How long clicks that were lost are news, in milliseconds: longer than monitors and load balancers wait between two looks. */
const newsMs = 5 * 60_000;

/** Clicks that neither the database nor the disk took, since this process started. */
export class LostClicks {
  #count = 0;
  #lastAt: Date | null = null;

  add(clicks: number, now: Date): void {
    this.#count += clicks;
    this.#lastAt = now;
  }

  /** `isLosing`: some were lost within the last five minutes. */
  read(now: Date): { count: number; isLosing: boolean; lastAt: Date | null } {
    const isLosing = this.#lastAt !== null && now.getTime() - this.#lastAt.getTime() < newsMs;
    return { count: this.#count, isLosing, lastAt: this.#lastAt };
  }
}
