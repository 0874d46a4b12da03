import type { FastifyRequest } from 'fastify';
import type { Db } from '../../ground/db/db.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { AppError, refusalsIn } from '../../ground/text/errors.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { ensureCampaign, findCampaign, isCampaignName } from '../links/campaigns.ts';
import { nameKey } from '../links/name.ts';

/** A name that may be made a campaign with its link. */
export type Offer = { name: string; isChosen: boolean };

/** @returns undefined where there is nothing to offer */
export async function offerOf(
  request: FastifyRequest,
  campaign: string,
  newCampaign: string,
): Promise<Offer | undefined> {
  const { id, role } = request.workspace;
  const key = nameKey(campaign);
  if (key === '' || !isCampaignName(campaign) || !mayDo(role, 'organise')) return undefined;
  if (await findCampaign(request.server.db, id, campaign)) return undefined;
  return { name: campaign.trim(), isChosen: key === nameKey(newCampaign) };
}

/** The sentences of a refused form; where an offer is open, that of the campaign leads to it. */
export function errorsWith(
  offer: Offer | undefined,
  errors: Record<string, string>,
  thrown: unknown,
): Record<string, string> {
  const isUnknown = thrown instanceof AppError && refusalsIn(thrown).some(({ code }) => code === 'campaign_unknown');
  if (!offer || !isUnknown) return errors;
  const sentence = `There is no campaign “${shortened(offer.name, 80)}” yet. Choose below to create it with the link.`;
  return { ...errors, campaign: sentence };
}

/**
 * Makes the campaign that a person chose to make. The choice counts while the form's campaign is the same.
 * @throws Invalid (field `campaign`) for a name that cannot be, and for too many
 */
export async function makeChosen(
  tx: Db,
  workspaceId: string,
  by: Actor,
  campaign: string | null | undefined,
  newCampaign: string,
): Promise<void> {
  const key = nameKey(campaign ?? '');
  if (key !== '' && key === nameKey(newCampaign)) await ensureCampaign(tx, workspaceId, by, campaign ?? '');
}
