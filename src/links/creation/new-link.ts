import { readDomain } from '../../domains/domains/queries.ts';
import { randomSlug, readSlug, SlugUnwritable } from '../../ground/addresses/slug.ts';
import type { Db } from '../../ground/db/db.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { AppError, Invalid, Refusals, refusalsIn } from '../../ground/text/errors.ts';
import { isSlugTaken, type SlugSpace, SlugTaken, slugTaken, suggestSlug } from '../links/claim.ts';
import { insertLink } from '../links/insert.ts';
import type { Link, NewLink } from '../links/queries.ts';
import { readMain, readOthers, type SomeTyped } from '../options/list.ts';
import { askedOnce, type LinkContext } from '../reading/context.ts';
import { refuseEnded } from '../splits/settle.ts';
import { refuseOwnTwice } from '../splits/text.ts';
import { makeChosen } from './offer.ts';

/** A new link as a person or a program typed it. Ours to choose is what is empty or left out. */
export type TypedLink = SomeTyped & { domain?: string | null | undefined; slug?: string | null | undefined };

/**
 * Reads a new link: the one way in, for pages and the API.
 * @throws Invalid with its field (domain, slug or the name of an option), Refused where there are several
 */
export async function readNewLink(context: LinkContext, workspaceId: string, link: TypedLink): Promise<NewLink> {
  const refusals = new Refusals();
  const opened = await refusals.read(() => readMain(context, workspaceId, link));
  const host = link.domain ?? '';
  const domain = await refusals.read(() =>
    askedOnce(context, `domain ${host}`, () => readDomain(context.db, workspaceId, host)),
  );
  const isReserved = (key: string) => context.isReservedSlug(key, domain?.isInstances);
  const slug = refusals.readNow(() => (link.slug?.trim() ? readSlug(link.slug, isReserved) : null));
  const others = await refusals.read(() => readOthers(context, workspaceId, link));
  const split = others?.split;
  await refusals.read(() => refuseTest(context, link.split, opened?.url, split));
  const read = refusals.settle({ opened, domain, slug, others });
  return {
    ...read.opened,
    ...read.others,
    domainId: read.domain.id,
    slug: read.slug,
    drawSlug: (length) => randomSlug(length, isReserved),
  };
}

/** The parts of a test that it alone does not know. @throws Invalid, at the one field where it was typed as a text */
async function refuseTest(
  { db }: LinkContext,
  typed: TypedLink['split'],
  own: string | undefined,
  split: NewLink['split'],
): Promise<void> {
  if (!split) return;
  try {
    if (own !== undefined) refuseOwnTwice(own, split);
    await refuseEnded(db, split);
  } catch (error) {
    if (typeof typed === 'string' && error instanceof Invalid)
      throw new Invalid(error.message, { field: 'split', code: error.code });
    throw error;
  }
}

/**
 * Makes a link as its form says.
 * @param newCampaign the name that the person chose to make a campaign of; it counts while the form's campaign is the same
 * @throws as readNewLink, and SlugTaken
 */
export async function makeTypedLink(
  context: LinkContext,
  workspaceId: string,
  by: Actor,
  link: TypedLink,
  newCampaign: string,
): Promise<Link> {
  const refusals = new Refusals();
  await refusals.read(() => makeChosen(context.db, workspaceId, by, link.campaign, newCampaign));
  const { asked } = refusals.settle({ asked: await refusals.read(() => readNewLink(context, workspaceId, link)) });
  return insertLink(context.db, workspaceId, by, asked);
}

/** The words about a typed slug. */
export type SlugState = {
  isFree: boolean;
  message: string;
  /** One that may be had instead. */
  suggestion?: string;
  /** The link of this workspace that has it. */
  ownerId?: string;
};

/**
 * Whether a slug may be had, while somebody is typing it.
 * @returns undefined when nothing is typed
 */
export async function checkSlug(
  context: LinkContext,
  workspaceId: string,
  link: Pick<TypedLink, 'slug' | 'domain'>,
): Promise<SlugState | undefined> {
  if (!link.slug?.trim()) return undefined;
  try {
    const domain = await readDomain(context.db, workspaceId, link.domain ?? '');
    const isReserved = (key: string) => context.isReservedSlug(key, domain.isInstances);
    const typed = link.slug;
    const { value: slug, refusal } = refusedOr(() => readSlug(typed, isReserved));
    if (refusal) throw await offerFree(context.db, domain, refusal);
    if (await isSlugTaken(context.db, domain, slug)) throw await slugTaken(context.db, workspaceId, domain, slug);
    return { isFree: true, message: `${domain.host}/${slug} is free.` };
  } catch (error) {
    if (error instanceof AppError && error.field !== undefined) return stateOf(error);
    throw error;
  }
}

function refusedOr<Value>(read: () => Value): { value: Value; refusal?: never } | { value?: never; refusal: AppError } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof AppError) return { refusal: error };
    throw error;
  }
}

/** A refusal whose offer is free: the slug with hyphens may be somebody's. */
export async function offerFree(db: Db, domain: SlugSpace, refusal: AppError): Promise<AppError> {
  if (!(refusal instanceof SlugUnwritable) || !(await isSlugTaken(db, domain, refusal.suggestion))) return refusal;
  return new SlugUnwritable(refusal.reason, await suggestSlug(db, domain, refusal.suggestion));
}

/** A refusal for a page, which offers the slug with a button and not in the sentence as well. */
export const offeredBy = (refusal: AppError): { message: string; suggestion: string | null } =>
  refusal instanceof SlugUnwritable || refusal instanceof SlugTaken
    ? { message: refusal.reason, suggestion: refusal.suggestion }
    : { message: refusal.message, suggestion: null };

function stateOf(error: AppError): SlugState {
  const { message, suggestion } = offeredBy(error);
  const owner = error instanceof SlugTaken && !error.owner?.isDeleted ? error.owner : undefined;
  return { isFree: false, message, ...(suggestion && { suggestion }), ...(owner && { ownerId: owner.id }) };
}

/**
 * The words about a slug in a form that was refused: also where another field was, so that all is said at once.
 * @param thrown the refusal
 * @returns undefined where nothing is wrong with it
 */
export async function refusedSlug(
  context: LinkContext,
  workspaceId: string,
  link: Pick<TypedLink, 'slug' | 'domain'>,
  thrown: unknown,
): Promise<SlugState | undefined> {
  const said = thrown instanceof AppError ? refusalsIn(thrown).find(({ field }) => field === 'slug') : undefined;
  if (said instanceof SlugTaken) return stateOf(said);
  const state = await checkSlug(context, workspaceId, link);
  if (state?.isFree === false) return state;
  return said && stateOf(said);
}
