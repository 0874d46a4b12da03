import { LimitReached } from '../errors.ts';

/** What counts rows side by side, of a workspace and of all in this process: the pool has ten connections, for everybody. */
const mostOfWorkspace = 2;
const mostOfAll = 4;

/** How long somebody waits for their turn, in milliseconds. */
const waitMs = 5_000;

type Waiting = { workspaceId: string; begin: () => void };

/** Lets a few at a time do what is dear; the others wait in order, without a connection. */
export class Turns {
  /** Workspaces, as often as they have something under way. */
  readonly #underWay: string[] = [];
  readonly #waiting = new Set<Waiting>();

  /** @throws LimitReached (field `filter`) when no turn comes within five seconds */
  async take<Result>(workspaceId: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#hasRoom(workspaceId)) this.#underWay.push(workspaceId);
    else await this.#wait(workspaceId);
    try {
      return await work();
    } finally {
      this.#underWay.splice(this.#underWay.indexOf(workspaceId), 1);
      this.#next();
    }
  }

  #hasRoom(workspaceId: string): boolean {
    const own = this.#underWay.filter((each) => each === workspaceId).length;
    return own < mostOfWorkspace && this.#underWay.length < mostOfAll;
  }

  #wait(workspaceId: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        workspaceId,
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(tooMany());
      }, waitMs);
      this.#waiting.add(waiting);
    });
  }

  #next(): void {
    for (const waiting of this.#waiting) {
      if (!this.#hasRoom(waiting.workspaceId)) continue;
      this.#waiting.delete(waiting);
      this.#underWay.push(waiting.workspaceId);
      waiting.begin();
    }
  }
}

const tooMany = () =>
  new LimitReached('Many reports that are counted click by click are asked for right now. Try again in a moment.', {
    field: 'filter',
    headers: { 'retry-after': '5' },
  });
