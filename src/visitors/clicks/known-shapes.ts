import { DAY, isoDay } from '../../ground/time/zoned-time.ts';
import type { Hit } from './hit.ts';

/** A shape whose id a hit carries, and the UTC day of the hit. */
export type SeenShape = { id: number; shape: string; day: string };

/** Remembers which shapes are recorded today. Bounded by what `Agents` admits a day. */
export class KnownShapes {
  #day = '';
  #ids = new Set<number>();

  /** The shapes of a batch that the database has to be told, each once. */
  unknownOf(hits: readonly Hit[]): SeenShape[] {
    const asked = new Map<number, SeenShape>();
    for (const { agent, agentId, clickedAt } of hits) {
      if (agentId === null || agent === null || asked.has(agentId)) continue;
      const day = dayOf(clickedAt);
      if (day > this.#day || !this.#ids.has(agentId)) asked.set(agentId, { id: agentId, shape: agent, day });
    }
    return [...asked.values()];
  }

  /** To be called once the shapes are committed. */
  remember(shapes: readonly SeenShape[]): void {
    for (const { id, day } of shapes) {
      if (day > this.#day) {
        this.#day = day;
        this.#ids = new Set();
      }
      if (day === this.#day) this.#ids.add(id);
    }
  }
}

let lastDay = { number: NaN, name: '' };

/** The UTC day of an instant; hits come in order, so the last answer is nearly always the next. */
function dayOf(instant: number): string {
  const number = Math.floor(instant / DAY);
  if (number !== lastDay.number) lastDay = { number, name: isoDay(new Date(instant)) };
  return lastDay.name;
}
