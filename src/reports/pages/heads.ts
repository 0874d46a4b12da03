import type { FastifyRequest } from 'fastify';
import { domainHead } from '../../domains/domains/head.ts';
import { findOwnDomain } from '../../domains/domains/settings.ts';
import { getCampaign } from '../../links/links/campaigns.ts';
import { getLink } from '../../links/links/queries.ts';
import { getTag } from '../../links/links/tags.ts';
import { linkHead } from '../../links/pages/head.ts';
import { tagHead, tagLinksPath } from '../../links/pages/tag-head.ts';
import { campaignHead, campaignLinksPath } from '../campaigns/head.ts';
import type { Subject } from '../counts/kinds.ts';

/** The head of a thing above one of its tabs: views/reports/pages/_head.eta shows `shown` by its kind. */
export type Head =
  | { kind: 'link'; shown: ReturnType<typeof linkHead> }
  | { kind: 'campaign'; shown: Awaited<ReturnType<typeof campaignHead>>; linksHref: string }
  | { kind: 'tag'; shown: ReturnType<typeof tagHead>; linksHref: string }
  | { kind: 'domain'; shown: ReturnType<typeof domainHead> };

/**
 * The head of a thing of the workspace's own, and its name; null for what has no page of tabs.
 * @param tab one that all of them have
 * @throws NotFound
 */
export async function headOf(
  request: FastifyRequest,
  { kind, id }: Subject,
  tab: 'report' | 'history',
  now: Date,
): Promise<{ head: Head; name: string } | null> {
  const { db } = request.server;
  const { id: workspaceId, slug } = request.workspace;
  if (kind === 'link') {
    const link = await getLink(db, workspaceId, id);
    return { head: { kind, shown: linkHead(request, link, tab, now) }, name: `${link.domain}/${link.slug}` };
  }
  if (kind === 'campaign') {
    const campaign = await getCampaign(db, workspaceId, id);
    const shown = await campaignHead(request, campaign, tab, now);
    return { head: { kind, shown, linksHref: campaignLinksPath(`/w/${slug}`, campaign) }, name: campaign.name };
  }
  if (kind === 'tag') {
    const tag = await getTag(db, workspaceId, id);
    const shown = tagHead(request, tag, tab);
    return { head: { kind, shown, linksHref: tagLinksPath(`/w/${slug}`, tag) }, name: tag.name };
  }
  const domain = kind === 'domain' ? await findOwnDomain(db, workspaceId, id) : undefined;
  if (!domain) return null;
  const shown = domainHead(request, domain, tab);
  return { head: { kind: 'domain', shown }, name: shown.shown };
}
