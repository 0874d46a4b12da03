import type { PgColumn } from 'drizzle-orm/pg-core';
import type { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import type { Link, LinkChanges } from '../links/queries.ts';

/** The parts of the server that reading an option may need. A Fastify app has them all. */
export type LinkContext = {
  db: Db;
  sites: { isOwnShortHost: (hostHeader: string) => boolean };
  config: { shortUrl: string; port: number };
  isReservedSlug: (key: string, isOwnHost?: boolean) => boolean;
};

/** How a form asks for an option: by a field of one line or of several, or by names that are completed while one types. */
export type OptionField =
  /** `attrs`: of the input; a `type` among them, such as date, takes the place of text. */
  | { kind: 'text'; hint?: string; attrs: Readonly<Record<string, string | number | boolean>> }
  | { kind: 'lines'; hint?: string; rows: number }
  /** `source`: a path below the workspace's address that answers with suggestions. */
  | { kind: 'names'; hint?: string; source: string; isMany: boolean };

/** Names of what a link carries, as its file has them. */
export type NamesOfLink = { tags: string; campaign: string | null };

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
  isRequired?: boolean;
  field: OptionField;
  /** @throws Invalid with its name as the field */
  read(typed: Typed, context: LinkContext, workspaceId: string): Read | Promise<Read>;
  /** @returns the text that a form shows; '' for none */
  show(link: Link): string;
  json: { value: Value; sent: Sent; of(link: Link): z.output<Value> };
  /** Its column in the file of links: a column of `links`, or made of names. */
  csv: { header: string } & ({ column: PgColumn } | { cell(names: NamesOfLink): string | null });
};

/** An option, with its types kept for those that follow the list. */
export const defineOption = <Typed, Read extends LinkChanges, Value extends z.ZodType, Sent extends z.ZodType>(
  option: LinkOption<Typed, Read, Value, Sent>,
): LinkOption<Typed, Read, Value, Sent> => option;
