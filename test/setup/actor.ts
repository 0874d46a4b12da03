import { newId } from '../../src/ground/text/id.ts';
import { type Actor, command } from '../../src/ground/events/actor.ts';

/** Whoever changes something in a test that is not about who it was. */
export const byTest: Actor = command('test');

/** A person who changes something, by the id of their account; null for nobody's account. */
export const byPerson = (userId: string | null): Actor => ({
  ...byTest,
  kind: userId === null ? 'command' : 'person',
  id: userId,
  name: 'Somebody',
  userId,
  via: 'page',
  requestId: newId(),
});
