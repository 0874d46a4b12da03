import { reportPath } from '../counts/subjects.ts';
import type { LiveHit } from './live-hit.ts';
import type { Watched } from './queries.ts';

/** Somebody who looks on. */
export type Viewer = {
  /** Writes a piece of an event stream. */
  send(bytes: Buffer): void;
  end(): void;
};

/** A message to viewers: new hits, and the pause between two looks at a report, in milliseconds. */
export type News = { hits: LiveHit[]; pauseMs: number };

/** Hits of a subject from an instant on, the last `limit` of them, the oldest first. */
type ReadHits = (watched: Watched, since: Date, limit: number) => Promise<LiveHit[]>;

/** Viewers that a workspace may have on one node; others ask now and then instead. */
const mostViewers = 250;

/** Subjects that they may look at: each is a query a second. */
const mostSubjects = 20;

/** How often the database is asked, in milliseconds. */
const everyMs = 1_000;

/** Hits may be recorded after others that came later (a slow commit, another node): so far back is looked each time. */
const overlapMs = 15_000;

/** The beginning of a feed: the last hits of so many milliseconds. */
const memoryMs = 30 * 60_000;
const remembered = 50;

/** Nobody reads more in a second; of a burst the last ones are told. */
const mostNews = 20;

/** Proxies close a connection on which nothing is said, many after 30 seconds. */
const heartbeatMs = 15_000;

/** A page looks at its report again after 3 seconds; many viewers of one subject look 5 times a second together. */
const pauseMs = (viewers: number) => Math.max(3_000, viewers * 200);

/** The viewers of each subject. One query a second for each that is looked at, however many look; none without viewers. */
export class Channels {
  readonly #channels = new Map<string, Channel>();
  readonly #readHits: ReadHits;
  readonly #onProblem: (error: unknown) => void;
  #isClosed = false;

  constructor(readHits: ReadHits, onProblem: (error: unknown) => void) {
    this.#readHits = readHits;
    this.#onProblem = onProblem;
  }

  /** Whether one more of the workspace may look at this. */
  hasRoom(watched: Watched): boolean {
    let [viewers, subjects] = [0, 0];
    for (const channel of this.#channels.values()) {
      if (channel.watched.workspaceId !== watched.workspaceId) continue;
      viewers += channel.viewers.size;
      subjects++;
    }
    return viewers < mostViewers && (subjects < mostSubjects || this.#channels.has(keyOf(watched)));
  }

  /**
   * Tells a viewer what was and what comes, until `stop` is called.
   * @param after what the viewer knows already: hits up to this instant (some of them come again), null for nothing
   */
  watch(watched: Watched, viewer: Viewer, after: number | null): { stop: () => void } {
    if (this.#isClosed) {
      viewer.end();
      return { stop: () => undefined };
    }
    const key = keyOf(watched);
    let channel = this.#channels.get(key);
    if (!channel) {
      channel = new Channel(watched, this.#readHits, this.#onProblem);
      this.#channels.set(key, channel);
    }
    const { viewers } = channel;
    viewers.add(viewer);
    void channel.welcome(viewer, after);
    return {
      stop: () => {
        viewers.delete(viewer);
        if (viewers.size > 0 || this.#channels.get(key) !== channel) return;
        channel.close();
        this.#channels.delete(key);
      },
    };
  }

  /** Ends every stream. */
  close(): void {
    this.#isClosed = true;
    for (const channel of this.#channels.values()) {
      channel.close();
      for (const viewer of channel.viewers) viewer.end();
    }
    this.#channels.clear();
  }
}

const keyOf = ({ workspaceId, subject }: Watched): string => `${workspaceId}/${reportPath(subject)}`;

/** A subject with its viewers. */
class Channel {
  readonly watched: Watched;
  readonly viewers = new Set<Viewer>();
  readonly #readHits: ReadHits;
  readonly #onProblem: (error: unknown) => void;
  #recent: LiveHit[] = [];
  /** When somebody was told something last. */
  #toldAt = Date.now();
  /** Resolves once the first look is done. */
  readonly #begun: Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(watched: Watched, readHits: ReadHits, onProblem: (error: unknown) => void) {
    this.watched = watched;
    this.#readHits = readHits;
    this.#onProblem = onProblem;
    this.#begun = this.#look(memoryMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** A viewer's first words: what is remembered, or what was missed. */
  async welcome(viewer: Viewer, after: number | null): Promise<void> {
    await this.#begun;
    const missed = this.#recent.filter(({ at }) => after === null || at > after - overlapMs);
    if (this.viewers.has(viewer)) viewer.send(this.#write(missed));
  }

  /** Looks for news and plans the next look. */
  async #look(backMs: number): Promise<void> {
    try {
      const found = await this.#readHits(
        this.watched,
        new Date(Date.now() - backMs),
        backMs === overlapMs ? mostNews : remembered,
      );
      const isKnown = new Set(this.#recent.map(({ id }) => id));
      const news = found.filter(({ id }) => !isKnown.has(id));
      // Each look finds the last ones at most, so those are all that has to be known.
      this.#recent = [...this.#recent, ...news].toSorted((one, other) => one.at - other.at).slice(-2 * remembered);
      if (news.length > 0 && backMs === overlapMs) this.#tell(this.#write(news));
      else if (Date.now() - this.#toldAt > heartbeatMs) this.#tell(Buffer.from(': still here\n\n'));
    } catch (error) {
      this.#onProblem(error);
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(overlapMs), everyMs);
  }

  #tell(bytes: Buffer): void {
    this.#toldAt = Date.now();
    for (const viewer of this.viewers) viewer.send(bytes);
  }

  /** One event, encoded once for all; its id is where a viewer who lost the connection goes on. */
  #write(hits: LiveHit[]): Buffer {
    const until = hits.at(-1)?.at ?? Date.now() - overlapMs;
    const news: News = { hits, pauseMs: pauseMs(this.viewers.size) };
    return Buffer.from(`id: ${until}\nevent: hits\ndata: ${JSON.stringify(news)}\n\n`);
  }
}
