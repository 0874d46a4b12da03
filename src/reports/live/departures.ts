import { EventEmitter } from 'node:events';

/** Says on this node that somebody is not in a workspace any more. */
export type Departures = EventEmitter<{ departure: [workspaceId: string, userId: string] }>;

/** Every open stream listens: there may be hundreds. */
export function openDepartures(): Departures {
  const departures: Departures = new EventEmitter();
  return departures.setMaxListeners(0);
}
