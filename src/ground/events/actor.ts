import { newId } from '../text/id.ts';

/** The way by which a change came in. `undo`: it takes back another one. */
export type Via = 'page' | 'api' | 'bulk' | 'undo' | 'cli' | 'job';

/** The one who changes something. Each mutation takes one, and its events carry a copy. */
export type Actor = {
  kind: 'person' | 'key' | 'command' | 'server';
  /** Of the account or the key; null for commands, jobs, and readers of mail who have no account. */
  id: string | null;
  /** As it is called at this moment: a person, a key, a command, a job. */
  name: string;
  /** The account behind it, for columns such as `created_by`: the person, the maker of the key, whom a command works for. */
  userId: string | null;
  via: Via;
  /** The /24 of IPv4 or the /48 of IPv6; null where no request came. */
  network: string | null;
  /** The id of the request, which all that it changed has in common. */
  requestId: string | null;
};

const within = { id: null, network: null, requestId: null } as const;

/**
 * A command that somebody runs beside the server. All that one run changes belongs together, as with a request.
 * @param userId the account that it works for
 */
export const command = (name: string, userId: string | null = null): Actor => ({
  ...within,
  kind: 'command',
  name,
  userId,
  via: 'cli',
  requestId: newId(),
});

/** The server itself, by one of its jobs. */
export const serverJob = (name: string): Actor => ({ ...within, kind: 'server', name, userId: null, via: 'job' });
