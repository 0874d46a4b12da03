import type { Db } from '../../ground/db/db.ts';
import type { Actor } from '../../ground/events/actor.ts';
import type { What } from '../../ground/events/happened.ts';
import type { LinkContext } from '../../links/reading/context.ts';
import type { Right } from '../../people/workspaces/roles.ts';
import type { Membership } from '../../people/workspaces/queries.ts';
import type { FieldNow, Settled } from './compared.ts';
import type { HistoryEvent } from './events.ts';

/** The transaction and the workspace in which changes are undone. */
export type RestorePlace = { tx: Db; workspace: Membership; context: LinkContext; by: Actor; now: Date };

/** Says which fields to set, seen under the lock; throws where they may not be. */
export type Decide = (fields: readonly FieldNow[]) => Settled;

/** How one kind of change is undone: by the same function as an ordinary change. */
export type Restorer = {
  right: Right;
  /** @throws NotFound for a thing that is gone */
  compare(place: RestorePlace, event: HistoryEvent): Promise<FieldNow[]>;
  /** @throws what `decide` and the function of the ordinary change throw */
  apply(place: RestorePlace, event: HistoryEvent, decide: Decide): Promise<void>;
};

export type Restorers = Readonly<Partial<Record<What, Restorer>>>;
