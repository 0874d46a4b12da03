import type { GetColumnData } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Utm } from '../visits/utm.ts';
import type { Visit } from '../visits/visit.ts';
import type { Visitor } from './split.ts';

/** The part of what a visit opens that its hit records. */
export type Opened = {
  /** The utm_* tags of the thing itself; they win over the visitor's, as they do in the redirect. */
  utm: Readonly<Utm>;
  /** The address of an A/B test or of a rule that it is; null for all else. */
  destinationId: number | null;
  /** The rule that leads to it; null for all else. */
  routeId: number | null;
};

/** A page for a visitor: a template, and what it shows besides the short link and its host. */
export type OpenedPage = { template: string; data: Readonly<Record<string, unknown>> };

type Columns = Readonly<Record<string, PgColumn>>;

/** Columns as a query gives them. */
export type RowOf<Of extends Columns> = { [Name in keyof Of]: GetColumnData<Of[Name]> };

/**
 * A kind of thing that a slug may open: a file like `url.ts`, and its lines in `list.ts`. Its functions are pure. The
 * redirect records the visit and writes the answer, so that nothing is opened without being counted.
 * @template Opens stays in memory with each plan: literals and shared values, without a copy of the row
 */
export type Opening<Of extends Columns, Opens, Chosen extends Opened, Outcome extends string> = {
  /** Its word among the outcomes of visits, for metrics. */
  outcome: Outcome;
  /** The columns that `plan` reads. */
  columns: Of;
  plan(row: RowOf<Of>): Opens;
  /** The one of several that this visit opens. @param visitor undefined where nothing is opened, or no hit can be made */
  choose(opens: Opens, visit: Visit, visitor?: Visitor): Chosen;
  /** @returns the address to send the visitor to, or a page */
  open(chosen: Chosen, visit: Visit): string | OpenedPage;
  /** Tells what it would open, without opening it. */
  preview(chosen: Chosen): OpenedPage;
};

/** An opening, with its types kept for those that follow the list. */
export const defineOpening = <Of extends Columns, Opens, Chosen extends Opened, Outcome extends string>(
  opening: Opening<Of, Opens, Chosen, Outcome>,
): Opening<Of, Opens, Chosen, Outcome> => opening;
