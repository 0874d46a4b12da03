import { z } from 'zod';
import { typed } from '../../ground/http/typed.ts';
import { ofOptions } from '../options/list.ts';
import { typedRows } from '../splits/rows.ts';

/** How many links of a series the form of the next one names. */
const mostInSeries = 50;

/** A form that is shown again is read again, out of what was read before. */
const isSent = z.union([z.boolean(), z.string().transform(() => true)]).catch(false);

/** Ids of links, with spaces between them, and no more than a form names. */
const ids = z
  .union([z.string(), z.array(z.string()).transform((texts) => texts.join(' '))])
  .catch('')
  .transform((text) => text.split(/\W+/).filter(Boolean).slice(0, mostInSeries));

/** Fields of a new link that its form fills and keeps. */
const filled = { ...ofOptions(({ field }) => (field.kind === 'rows' ? typedRows : typed)), domain: typed, slug: typed };

export const newLinkForm = z.object({
  ...filled,
  /** Takes the place of `slug`: sent by the button that offers it. */
  otherSlug: typed,
  /** A name that the person chose to make a campaign of. */
  newCampaign: typed,
  /** Sent by the button after which the form is there for the next link. */
  next: isSent,
  /** The links that were made one after the other, the newest first. */
  made: ids,
  /** The template that fills the form, and the one that filled it before. */
  template: typed,
  filledBy: typed,
  /** Keeps ids apart where the form stands twice on a page. */
  idPrefix: z.enum(['new', 'quick']).catch('new'),
});

export type Filled = Record<keyof typeof filled, string>;

const filledNames = Object.keys(filled) as (keyof Filled)[];

/** The fields of a form that was sent; a slug that was offered is taken by its button. */
export const valuesOf = (form: z.output<typeof newLinkForm>): Filled => ({
  ...(Object.fromEntries(filledNames.map((name) => [name, form[name]])) as Filled),
  slug: form.otherSlug || form.slug,
});

/** The fields of a form that say something, as its address has them. */
export const queryOfNewLink = (values: Partial<Filled & { filledBy: string }>, made: readonly string[] = []): string =>
  new URLSearchParams(Object.entries({ ...values, made: made.join(' ') }).filter(([, text]) => text)).toString();

/** Fields of the questions that are asked while somebody fills the form. */
export const whileTyping = newLinkForm
  .pick({ url: true, slug: true, domain: true, campaign: true, newCampaign: true })
  .extend({ idPrefix: z.enum(['new', 'quick', 'edit']).catch('new') });
