import { readDomain } from '../../domains/domains/queries.ts';
import { readSlug, slugKey } from '../../ground/addresses/slug.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { AppError, Invalid, refusalsIn } from '../../ground/text/errors.ts';
import { plural } from '../../ground/text/format.ts';
import { findSameDestinations, type SameDestination } from '../creation/same-destination.ts';
import { offeredBy, offerFree, readNewLink } from '../creation/new-link.ts';
import { ensureCampaign } from '../links/campaigns.ts';
import { findTaken, slugsTaken } from '../links/claim.ts';
import { insertLinks } from '../links/insert.ts';
import { nameKey } from '../links/name.ts';
import type { Link, NewLink } from '../links/queries.ts';
import type { LinkContext } from '../reading/context.ts';
import { type Row, type RowField, rowFields } from './rows.ts';

/** Links of a list, with what holds for all of them. */
export type LinkSet = {
  rows: readonly Row[];
  domain: string;
  /** Tags beside those of each row; the campaign of rows that name none. */
  allTags: string;
  allCampaign: string;
  /** Names that somebody chose to make campaigns of. */
  newCampaigns: readonly string[];
};

/** A row as its table shows it. */
export type CheckedRow = {
  row: Row;
  /** Sentences by field. */
  errors: Partial<Record<RowField, string>>;
  /** A slug that may be had instead of a refused one. */
  suggestion: string | null;
  /** The number of an earlier row with the same address. */
  sameAs: number | null;
  same: SameDestination | undefined;
  /** Undefined where it is refused. */
  read: NewLink | undefined;
};

/** All that a table shows. */
export type Checked = {
  rows: CheckedRow[];
  /** Names of campaigns that there are not. */
  unknownCampaigns: string[];
};

const campaignOf = ({ allCampaign }: LinkSet, { campaign }: Row) => campaign || allCampaign;

/**
 * Looks whether all links of a list can be made. Nothing is made.
 * @throws Invalid (field `domain`)
 */
export async function checkSet(context: LinkContext, workspaceId: string, set: LinkSet): Promise<Checked> {
  const domain = await readDomain(context.db, workspaceId, set.domain);
  const chosen = new Set(set.newCampaigns.map(nameKey));
  const { db, sites, config, isReservedSlug } = context;
  const reading = { db, sites, config, isReservedSlug, answers: new Map<string, Promise<unknown>>() };
  const unknown = new Map<string, string>();
  const rows: CheckedRow[] = [];
  for (const row of set.rows) {
    const campaign = campaignOf(set, row);
    const isToBeMade = chosen.has(nameKey(campaign));
    if (isToBeMade) unknown.set(nameKey(campaign), campaign);
    const typed = {
      ...row,
      tags: [row.tags, set.allTags].filter(Boolean).join(', '),
      campaign: isToBeMade ? '' : campaign,
    };
    const checked: CheckedRow = { row, errors: {}, suggestion: null, sameAs: null, same: undefined, read: undefined };
    try {
      checked.read = await readNewLink(reading, workspaceId, { ...typed, domain: set.domain });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      for (const each of refusalsIn(error)) {
        const refusal = await offerFree(context.db, domain, each);
        const isUnknown = refusal.code === 'campaign_unknown';
        const { message, suggestion } = offeredBy(refusal);
        checked.errors[fieldIn(refusal.field)] ??= isUnknown ? 'There is no such campaign yet.' : message;
        checked.suggestion ??= suggestion;
        if (isUnknown) unknown.set(nameKey(campaign), campaign);
      }
    }
    rows.push(checked);
  }
  await refuseTaken(context, workspaceId, domain, rows);
  await noteSame(context, workspaceId, rows);
  return { rows, unknownCampaigns: [...unknown.values()] };
}

const fieldIn = (field: string | undefined): RowField => rowFields.find((name) => name === field) ?? 'url';

type Domain = Awaited<ReturnType<typeof readDomain>>;

/** Slugs that stand in two rows, or belong to a link already; also of rows that are refused for something else. */
async function refuseTaken(context: LinkContext, workspaceId: string, domain: Domain, rows: readonly CheckedRow[]) {
  const { db } = context;
  const isReserved = (key: string) => context.isReservedSlug(key, domain.isInstances);
  const typed = rows.flatMap((checked, at) => {
    if (checked.row.slug === '' || checked.errors.slug !== undefined) return [];
    const slug = readSlug(checked.row.slug, isReserved);
    return [{ checked, at, slug, key: slugKey(slug, domain) }];
  });
  const keys = await findTaken(
    db,
    domain,
    typed.map(({ key }) => key),
  );
  const taken = typed.filter(({ key }) => keys.has(key));
  const refusals = await slugsTaken(
    db,
    workspaceId,
    domain,
    taken.map(({ slug }) => slug),
  );
  for (const [index, { checked }] of taken.entries()) {
    checked.read = undefined;
    checked.errors.slug = refusals[index]?.reason ?? '';
    checked.suggestion = refusals[index]?.suggestion ?? null;
  }
  const first = new Map<string, number>();
  for (const { checked, at, key } of typed) {
    const before = first.get(key);
    first.set(key, before ?? at);
    if (before === undefined || keys.has(key)) continue;
    checked.read = undefined;
    checked.errors.slug = `Row ${before + 1} has this slug too.`;
  }
}

/** Hints at addresses that stand in two rows, or that a link leads to already. */
async function noteSame({ db }: LinkContext, workspaceId: string, rows: readonly CheckedRow[]) {
  const found = await findSameDestinations(
    db,
    workspaceId,
    rows.map(({ row }) => row.url),
  );
  const first = new Map<string, number>();
  for (const [at, checked] of rows.entries()) {
    checked.same = found.get(at);
    const url = checked.read?.kind === 'url' && checked.read.url ? new URL(checked.read.url).href : null;
    if (url === null) continue;
    const before = first.get(url);
    checked.sameAs = before === undefined ? null : before + 1;
    first.set(url, before ?? at);
  }
}

/** The number of rows that cannot be made. */
export const countRefused = ({ rows }: Checked): number => rows.filter(({ read }) => read === undefined).length;

/**
 * Makes all links of a list, or none.
 * @param context its `db` is the transaction
 * @throws Invalid (field `rows`) where one of them is refused, and as checkSet
 */
export async function makeSet(context: LinkContext, workspaceId: string, by: Actor, set: LinkSet): Promise<Link[]> {
  if (set.rows.length === 0) throw new Invalid('No row is left.', { field: 'rows', code: 'rows_refused' });
  const chosen = new Set(set.newCampaigns.map(nameKey));
  const meant = new Map(set.rows.map((row) => [nameKey(campaignOf(set, row)), campaignOf(set, row)]));
  for (const [key, name] of meant) if (chosen.has(key)) await ensureCampaign(context.db, workspaceId, by, name);
  const checked = await checkSet(context, workspaceId, { ...set, newCampaigns: [] });
  const refused = countRefused(checked);
  if (refused > 0) throw refusedRows(refused);
  try {
    return await insertLinks(
      context.db,
      workspaceId,
      by,
      checked.rows.flatMap(({ read }) => read ?? []),
    );
  } catch (error) {
    // Somebody else took a slug at this moment.
    if (error instanceof AppError && error.code === 'slug_taken') throw refusedRows(refusalsIn(error).length);
    throw error;
  }
}

const refusedRows = (count: number): Invalid =>
  new Invalid(`${plural(count, 'row')} cannot be made yet. Nothing has been made.`, {
    field: 'rows',
    code: 'rows_refused',
  });
