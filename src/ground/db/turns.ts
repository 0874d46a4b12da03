import { LimitReached, Unavailable } from '../text/errors.ts';

/** How many may be under way at once: of one workspace, and in this process. */
export type TurnLimits = { ofWorkspace: number; ofAll: number };

export type Patience = {
  /** How long somebody waits for their turn, in milliseconds; five seconds unless told. */
  waitMs?: number | undefined;
  /** The field that a form shows the refusal at. */
  field?: string | undefined;
};

const usualWaitMs = 5_000;

type Waiting = { workspaceId: string; begin: () => void };

/**
 * Lets a few at a time do what is dear; the others wait without a connection. A free place goes to the workspace that
 * had none for longest, so that a workspace that asks for much waits behind those that ask for little.
 */
export class Turns {
  readonly #limits: TurnLimits;
  /** Workspaces, as often as they have something under way. */
  readonly #underWay: string[] = [];
  /** In the order of their coming. */
  readonly #waiting = new Set<Waiting>();
  /** Workspaces that something is under way for or waits, by the number of the turn that they got last. */
  readonly #lastTurns = new Map<string, number>();
  #count = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** How many are under way. */
  get busy(): number {
    return this.#underWay.length;
  }

  /** @throws as `begin`, and what `work` throws */
  async take<Result>(workspaceId: string, work: () => Promise<Result>, patience?: Patience): Promise<Result> {
    const end = await this.begin(workspaceId, patience);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /**
   * Waits for a turn.
   * @returns gives the turn back; more than once does nothing
   * @throws LimitReached when none comes in time because the workspace has all that it may have under way, Unavailable
   *   when others have
   */
  async begin(workspaceId: string, patience: Patience = {}): Promise<() => void> {
    if (this.#hasRoom(workspaceId)) this.#start(workspaceId);
    else await this.#wait(workspaceId, patience);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#underWay.splice(this.#underWay.indexOf(workspaceId), 1);
      this.#next();
    };
  }

  #start(workspaceId: string): void {
    this.#underWay.push(workspaceId);
    this.#lastTurns.set(workspaceId, ++this.#count);
  }

  #ofWorkspace(workspaceId: string): number {
    return this.#underWay.filter((each) => each === workspaceId).length;
  }

  #hasRoom(workspaceId: string): boolean {
    const { ofWorkspace, ofAll } = this.#limits;
    return this.#underWay.length < ofAll && this.#ofWorkspace(workspaceId) < ofWorkspace;
  }

  #wait(workspaceId: string, { waitMs = usualWaitMs, field }: Patience): Promise<void> {
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
        this.#forgetIdle();
        reject(this.#ofWorkspace(workspaceId) < this.#limits.ofWorkspace ? new Unavailable({ field }) : tooMuch(field));
      }, waitMs);
      this.#waiting.add(waiting);
    });
  }

  #next(): void {
    for (let next = this.#nextWaiting(); next; next = this.#nextWaiting()) {
      this.#waiting.delete(next);
      this.#start(next.workspaceId);
      next.begin();
    }
    this.#forgetIdle();
  }

  #nextWaiting(): Waiting | undefined {
    let [first, firstTurn]: [Waiting | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const waiting of this.#waiting) {
      const turn = this.#lastTurns.get(waiting.workspaceId) ?? 0;
      if (turn < firstTurn && this.#hasRoom(waiting.workspaceId)) [first, firstTurn] = [waiting, turn];
    }
    return first;
  }

  #forgetIdle(): void {
    if (this.#waiting.size === 0 && this.#underWay.length === 0) this.#lastTurns.clear();
  }
}

const tooMuch = (field: string | undefined) =>
  new LimitReached('This workspace asks for a lot at the same time. Try again in a moment.', {
    ...(field !== undefined && { field }),
    headers: { 'retry-after': '5' },
  });
