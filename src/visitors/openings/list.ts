import { links } from '../../ground/db/schema.ts';
import type { Opened, Opening, RowOf } from './opening.ts';
import { urlOpening } from './url.ts';

/** THE list of what a slug may open, by the kinds of links. */
const openings = { url: urlOpening } satisfies Record<typeof links.$inferSelect.kind, unknown>;

/** The columns of all of them, and the kind that says which is meant. */
export const openingColumns = { opens: links.kind, ...urlOpening.columns };

type Openings = typeof openings;
type Kind = keyof Openings;
type Outcome = Openings[Kind]['outcome'];

/** A thing that a slug opens, as plans keep it. */
export type Opens = ReturnType<Openings[Kind]['plan']>;

/** A row of openingColumns. */
export type OpensRow = RowOf<typeof openingColumns>;

export const outcomesOfOpenings: readonly Outcome[] = Object.values(openings).map(({ outcome }) => outcome);

export const opensOf = (row: OpensRow): Opens => openings[row.opens].plan(row);

type OfVisits = Pick<Opening<typeof openingColumns, Opens, Opened, Outcome>, 'outcome' | 'choose' | 'open' | 'preview'>;

/** The functions for a thing that a slug opens. Each takes things of its own kind alone, such as this one. */
export const openingOf = (opens: Opens): OfVisits => openings[opens.kind];
