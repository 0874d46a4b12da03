import type { TestRows } from '../splits/rows.ts';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { z } from 'zod';
import type { Right } from '../../people/workspaces/roles.ts';
import type { LinkKind } from '../links/decided.ts';
import type { ArchivedLink, Link, LinkChanges } from '../links/queries.ts';
import type { LinkContext } from '../reading/context.ts';

/** How a form asks for an option: by a field of one line or of several, or by names that are completed while one types. */
export type OptionField =
  /** `attrs`: of the input; a `type` among them, such as date, takes the place of text. */
  | { kind: 'text'; hint?: string; attrs: Readonly<Record<string, string | number | boolean>> }
  | { kind: 'lines'; hint?: string; rows: number }
  /** An address and its share a row: `rowsOf` shows a text as them, `textOfRows` of links/splits makes one text of them. */
  | { kind: 'rows'; hint?: string; placeholder: string; rowsOf: (text: string) => TestRows }
  /** Edited on a tab of the link's page. A form of a new link carries it as `words` says; the form of a link leads there. */
  | { kind: 'elsewhere'; tab: string; hint?: string; words: (text: string) => string }
  /**
   * `source`: a path below the workspace's address that answers with suggestions. `makes`: a new name is
   * refused, unless the form of a new link says by its field `as` that it is to be made too. That takes the right `by`.
   */
  | { kind: 'names'; hint?: string; source: string; isMany: boolean; makes?: { as: string; by: Right } };

/** Names of what a link carries, as its file has them. */
export type NamesOfLink = { tags: string; campaign: string | null };

/** The thing that a link opens, as its owners see it. */
export type Shown = {
  /** Before its words, as in "leads to https://example.com". */
  verb: string;
  /** Whole, and as a list shows it. */
  words: string;
  shortWords: string;
  /** Of the anchor around its words; null where it is no address. */
  href: string | null;
  /** A sentence about what may be wrong with it. */
  warning: string | null;
};

/** The part of an option by which it is what a slug opens. A link has one such option, which makes its kind. */
export type MainOption = {
  opens: LinkKind;
  /** Its field in the form of a new link, before all others. `hints`: a path as above, of what is said while one types. */
  asNew: { label: string; placeholder: string; hints?: string };
  /** The meaning of a change for them, in a sentence. */
  changed: string;
  shown(link: Link): Shown;
  /** @throws Invalid for the first of these links of its kind that may not be opened again */
  refuseToOpen(context: LinkContext, workspaceId: string, archived: readonly ArchivedLink[]): Promise<void>;
};

/**
 * Something that people decide about a link. Forms, the API, the file of links and copies of a link follow the list in
 * `list.ts`, so that an option is one file here, and a column of `links` where it has one.
 * @template Typed as a person types it or a program sends it; null and '' are none
 * @template Read what is stored of it
 */
export type LinkOption<Typed, Read extends LinkChanges, Value extends z.ZodType, Sent extends z.ZodType> = {
  /** Of the form's field, of the property in JSON, and of refusals. */
  name: string;
  label: string;
  /** In the form of a new link: always there, or behind a chip that adds it. A main option is always there. */
  isInSight: boolean;
  /** Few links have it: a table of several has its column where one of them does. */
  isRare?: true;
  /** Of an option that is what the slug opens. */
  main?: MainOption;
  field: OptionField;
  /** @throws Invalid with its name as the field */
  read(typed: Typed, context: LinkContext, workspaceId: string): Read | Promise<Read>;
  /** @returns the text that a form shows; '' for none */
  show(link: Link): string;
  /** The same as the address of a copy's form carries it, where a form's text is too long for one. */
  copied?(link: Link): string;
  /** The same as the History says it, where a form's text is no sentence for people. */
  words?(link: Link, timeZone: string): string;
  json: { value: Value; sent: Sent; of(link: Link): z.output<Value> };
  /** Its column in the file of links: a column of `links`, or made of names. */
  csv: { header: string } & (
    | { column: PgColumn; text?(stored: unknown): string }
    | { cell(names: NamesOfLink): string | null }
  );
  /** Fields of a link's events that `show` reads. */
  fields: readonly string[];
};

type Defined<Option extends { fields: readonly string[] }> = Omit<Option, 'fields'> & Partial<Pick<Option, 'fields'>>;

/** An option, with its types kept for those that follow the list. Its field in events has its name unless others are told. */
export const defineOption = <Typed, Read extends LinkChanges, Value extends z.ZodType, Sent extends z.ZodType>(
  option: Defined<LinkOption<Typed, Read, Value, Sent>>,
): LinkOption<Typed, Read, Value, Sent> => ({ fields: [option.name], ...option });

/** The same of an option that is what the slug opens. */
export const defineMainOption = <Typed, Read extends LinkChanges, Value extends z.ZodType, Sent extends z.ZodType>(
  option: Defined<LinkOption<Typed, Read, Value, Sent>> & { main: MainOption },
): LinkOption<Typed, Read, Value, Sent> & { main: MainOption } => ({ fields: [option.name], ...option });
