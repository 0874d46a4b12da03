import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import { CuttableConnection } from './cuttable-connection.ts';
import type { Db } from './db.ts';

const channel = 'waymark';

/** A change, for the caches of every node. */
export type Announcement =
  | { kind: 'slug'; domainId: string; slugKey: string }
  /** Which slug is told from which on a domain. */
  | { kind: 'case policy'; domainId: string }
  | { kind: 'domain'; host: string }
  | { kind: 'workspace'; workspaceId: string }
  /** Somebody was removed from a workspace, or left it. */
  | { kind: 'departure'; workspaceId: string; userId: string };

/**
 * Tells every node (this one too) what changed, in one statement. Inside a transaction it is told at commit, or never.
 * Changes say it through their events (ground/events/record.ts).
 */
export async function announce(db: Db, ...announcements: Announcement[]): Promise<void> {
  await db.execute(telling(announcements));
}

/** The statement that tells it, to stand behind others in one. */
export function telling(announcements: readonly Announcement[]): SQL {
  const payloads = announcements.map((announcement) => JSON.stringify(announcement));
  return sql`select pg_notify(${channel}, payload) from unnest(${sql.param(payloads)}::text[]) payload`;
}

export type Listener = {
  /** False once a word of its own did not come back: changes are not heard of. */
  readonly hears: boolean;
  close(): Promise<void>;
};

export type ListenerParts = {
  /** Leads to a connection that stays the same: LISTEN is lost behind a pooler in transaction mode. */
  url: string;
  /** The way by which this node announces. */
  db: Db;
  /** One change. */
  onAnnouncement: (announcement: Announcement) => void;
  /** Announcements may have been missed: anything may have changed. */
  onGap: () => void;
  /** Told whether announcements arrive, when that is known first and whenever it changes. */
  onHearing?: (hears: boolean) => void;
};

/** How often the connection is tried, in milliseconds: one that went silently (a NAT, a pulled cable) says nothing. */
const heartbeatMs = 5_000;

/** How long Postgres may take to answer, in milliseconds. */
const answerMs = 5_000;

/** Pause between two tries to connect, in milliseconds. */
const retryMs = 200;

/**
 * Listens on a connection of its own and reconnects for ever. Proves every few seconds that it hears: a word of its own
 * is announced the way all announcements are, and has to come back.
 * @throws when the first connection does not come about
 */
export async function listen({ url, db, onAnnouncement, onGap, onHearing }: ListenerParts): Promise<Listener> {
  const closing = new AbortController();
  /** Nobody else is told on this channel. */
  const echoChannel = `waymark_echo_${randomBytes(8).toString('hex')}`;
  const echoes = new EventEmitter();
  let connection: CuttableConnection;
  let hears: boolean | undefined;

  async function connect(): Promise<void> {
    connection = new CuttableConnection(url, 'waymark listener', hear);
    try {
      await connection.query({ text: `listen ${channel}; listen ${echoChannel}` }, answerMs);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  function hear(payload: string, from: string): void {
    if (from === echoChannel) return void echoes.emit(payload);
    const announcement = readAnnouncement(payload);
    if (announcement) onAnnouncement(announcement);
    else onGap();
  }

  async function keepListening(): Promise<void> {
    for (;;) {
      await untilBroken();
      connection.destroy();
      if (closing.signal.aborted) return;
      onGap();
      await reconnect();
      onGap();
    }
  }

  async function untilBroken(): Promise<void> {
    const { ended } = connection;
    try {
      for (;;) {
        const proved = await prove(ended);
        if (proved !== undefined && proved !== hears) {
          if (!proved || hears === false) onGap();
          hears = proved;
          onHearing?.(proved);
        }
        await sleep(heartbeatMs, undefined, { signal: ended });
        await connection.query({ text: 'select 1' }, answerMs);
      }
    } catch {
      // It broke, or was cut for its silence.
    }
  }

  /** @returns whether a word of our own came back; undefined when it could not be sent, or we stop listening here */
  async function prove(ended: AbortSignal): Promise<boolean | undefined> {
    const word = randomBytes(8).toString('hex');
    const done = new AbortController();
    const signal = AbortSignal.any([ended, done.signal]);
    const isLate = sleep(answerMs, false, { signal, ref: false }).catch(() => false);
    const isBack = once(echoes, word, { signal }).then(
      () => true,
      () => false,
    );
    const isSent = db.execute(sql`select pg_notify(${echoChannel}, ${word})`).then(
      () => true,
      () => false,
    );
    try {
      if (!(await Promise.race([isSent, isLate]))) return undefined;
      const heard = await Promise.race([isBack, isLate]);
      return ended.aborted ? undefined : heard;
    } finally {
      done.abort();
    }
  }

  async function reconnect(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        return await connect();
      } catch {
        await sleep(retryMs);
      }
    }
  }

  await connect();
  const listening = keepListening();
  return {
    get hears() {
      return hears !== false;
    },
    close() {
      closing.abort();
      connection.destroy();
      return listening;
    },
  };
}

/** Undefined when somebody else wrote to our channel. */
function readAnnouncement(payload: string): Announcement | undefined {
  try {
    const announcement = JSON.parse(payload) as Partial<Announcement> | null;
    return announcement?.kind === undefined ? undefined : (announcement as Announcement);
  } catch {
    return undefined;
  }
}
