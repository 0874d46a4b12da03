import type { FastifyRequest } from 'fastify';
import { domainHead } from '../../domains/domains/head.ts';
import { findOwnDomain } from '../../domains/domains/settings.ts';
import { getCampaign } from '../../links/links/campaigns.ts';
import { getTag } from '../../links/links/tags.ts';
import { tagHead, tagLinksPath } from '../../links/pages/tag-head.ts';
import { campaignHead, campaignLinksPath } from '../campaigns/head.ts';
import type { Subject } from '../counts/kinds.ts';

/** Heads above a report that is a tab of a thing's page; a page without has none. `linksHref`: of the tab of its links. */
export const noHeads = { head: null, campaignHead: null, tagHead: null, domainHead: null, linksHref: null };

/** The head of a campaign, a tag or a domain of the workspace's own. @throws NotFound */
export async function headsOf(request: FastifyRequest, { kind, id }: Subject, now: Date) {
  const { db } = request.server;
  const home = `/w/${request.workspace.slug}`;
  if (kind === 'campaign') {
    const campaign = await getCampaign(db, request.workspace.id, id);
    const head = await campaignHead(request, campaign, 'report', now);
    return { ...noHeads, campaignHead: head, linksHref: campaignLinksPath(home, campaign) };
  }
  if (kind === 'tag') {
    const tag = await getTag(db, request.workspace.id, id);
    return { ...noHeads, tagHead: tagHead(request, tag, 'report'), linksHref: tagLinksPath(home, tag) };
  }
  if (kind === 'domain') {
    const domain = await findOwnDomain(db, request.workspace.id, id);
    return { ...noHeads, domainHead: domain ? domainHead(request, domain, 'report') : null };
  }
  return noHeads;
}
