import { hourlyCache } from '../../ground/time/hourly-cache.ts';
import { DAY } from '../../ground/time/zoned-time.ts';
import { shapeId, shapeOf } from './agent-shape.ts';
import { sendsFetchMetadata } from './fetch-metadata.ts';

/** A user agent as it is kept: its shape, and the shape's id where the dictionary takes it. */
type Shape = { shape: string; id: number | null };

/** A user agent as rules read it: its shape, and what of its version they ask for. */
export type Agent = Shape & { sendsFetchMetadata: boolean };

/** New shapes a day and node. A busy day of real traffic has some 3,000; a stream of made-up ones must end somewhere. */
const newShapesADay = 5_000;

/**
 * Turns user agents into shapes, through two bounded caches: browsers differ in their numbers, so many agents have one
 * shape. Shapes beyond the day's limit get no id: such hits are counted as all others and cannot be classed anew.
 */
export class Agents {
  readonly #limit: number;
  readonly #byText = hourlyCache<Agent>(10_000);
  #day = 0;
  #admitted = new Map<string, Shape>();

  constructor(limit = newShapesADay) {
    this.#limit = limit;
  }

  /** @param userAgent cut to USER_AGENT_MAX, for it is kept */
  read(userAgent: string, now: Date): Agent {
    const day = Math.floor(now.getTime() / DAY);
    if (day !== this.#day) this.#begin(day);
    const known = this.#byText.get(userAgent);
    if (known) return known;
    const agent = { ...this.#admit(shapeOf(userAgent)), sendsFetchMetadata: sendsFetchMetadata(userAgent) };
    this.#byText.set(userAgent, agent);
    return agent;
  }

  #admit(shape: string): Shape {
    const known = this.#admitted.get(shape);
    if (known) return known;
    if (this.#admitted.size >= this.#limit) return { shape, id: null };
    const agent = { shape, id: shapeId(shape) };
    this.#admitted.set(shape, agent);
    return agent;
  }

  #begin(day: number): void {
    this.#day = day;
    this.#admitted = new Map();
    this.#byText.clear();
  }
}
