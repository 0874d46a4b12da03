import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { plural } from '../../ground/text/format.ts';
import { takeForm } from '../../ground/http/forms.ts';
import type { Actor } from '../../ground/events/actor.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { addTagTo, archiveLinks, removeTagFrom, restoreLinks, setCampaignOf } from '../links/bulk.ts';
import { ensureCampaign, readCampaignOf } from '../links/campaigns.ts';
import { bulkForm, refuseToRestore, refuseTooMany } from './forms.ts';
import { listHref, readBack, showList } from './list-page.ts';
import { readTagName } from '../links/tags.ts';

type Asked = z.output<typeof bulkForm>;
type Action = Exclude<Asked['action'], 'enter'>;
type Done = { message: string; changed: number };

/** How many links one request changes; pages of the list have 50. */
const maxLinks = 500;

/** Changes of several links at once, from the list. */
export default async function bulkRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.post(
    '/w/:workspace/links/bulk',
    { preHandler: [requireWorkspace, requireRight('changeLinks')] },
    async (request, reply) => {
      const { id, slug } = request.workspace;
      return takeForm(
        request,
        reply,
        bulkForm,
        async (asked) => {
          const [action, links] = [actionOf(asked), readLinks(asked)];
          if (action === 'compare') return reply.redirect(compareHref(slug, links), 303);
          if (action === 'restore') await refuseToRestore(app, id, links);
          const by = { ...actorOf(request), via: 'bulk' } as const;
          const { message, changed } = await actions[action](app.db, id, by, { ...asked, links });
          reply.flash('success', message, changed > 0 ? id : undefined);
          return reply.redirect(listHref(slug, { ...readBack(asked.back), cursor: null }), 303);
        },
        (refusal) => {
          const asked = bulkForm.parse(request.body);
          const isCampaignNew = refusal.thrown instanceof Invalid && refusal.thrown.code === 'campaign_unknown';
          const errors = isCampaignNew ? { campaign: 'There is no such campaign yet.' } : refusal.errors;
          return showList(request, reply, { ...readBack(asked.back), within: '' }, { ...asked, errors, isCampaignNew });
        },
      );
    },
  );
}

/** The return key sends no button: what was typed says what was meant. */
function actionOf({ action, tag, campaign }: Asked): Action {
  if (action !== 'enter') return action;
  return tag.trim() === '' && campaign.trim() !== '' ? 'set-campaign' : 'add-tag';
}

function compareHref(slug: string, links: readonly string[]): string {
  refuseTooMany('link', links);
  return `/w/${slug}/compare?${links.map((id) => `link=${id}`).join('&')}`;
}

function readLinks(asked: Asked): string[] {
  const links = [...new Set(asked.links)];
  if (links.length === 0) throw new Invalid('Select the links that you want to change.', { field: 'links' });
  if (links.length > maxLinks)
    throw new Invalid(`Change at most ${maxLinks} links at a time.`, { field: 'links', code: 'links_limit' });
  return links;
}

/** Each does what its button says, or throws Invalid with the field that is refused and changes nothing. */
const actions: Record<
  Exclude<Action, 'compare'>,
  (db: Db, workspaceId: string, by: Actor, asked: Asked) => Promise<Done>
> = {
  async 'add-tag'(db, workspaceId, by, { links, tag: typed }) {
    const tag = readTagName(typed, 'tag');
    const changed = await addTagTo(db, workspaceId, by, links, tag);
    const others = links.length - changed.length;
    return {
      message:
        changed.length === 0
          ? `Nothing to do: ${plural(others, 'link')} had the tag “${tag}” already.`
          : `${plural(changed.length, 'link')} got the tag “${tag}”.${others > 0 ? ` ${others} had it already.` : ''}`,
      changed: changed.length,
    };
  },

  async 'remove-tag'(db, workspaceId, by, { links, tag: typed }) {
    const tag = readTagName(typed, 'tag');
    const changed = await removeTagFrom(db, workspaceId, by, links, tag);
    return {
      message: `The tag “${tag}” is off ${plural(changed.length, 'link')}.`,
      changed: changed.length,
    };
  },

  async 'set-campaign'(db, workspaceId, by, { links, campaign }) {
    const campaignId = await readCampaignOf(db, workspaceId, campaign);
    const changed = await setCampaignOf(db, workspaceId, by, links, campaignId);
    const count = plural(changed.length, 'link');
    return {
      message: campaignId
        ? `${count} joined the campaign “${campaign.trim()}”.`
        : `${count} left ${changed.length === 1 ? 'its' : 'their'} campaign.`,
      changed: changed.length,
    };
  },

  async 'make-campaign'(db, workspaceId, by, asked) {
    return db.transaction(async (tx) => {
      await ensureCampaign(tx, workspaceId, by, asked.campaign);
      return actions['set-campaign'](tx, workspaceId, by, asked);
    });
  },

  async archive(db, workspaceId, by, { links }) {
    const changed = await archiveLinks(db, workspaceId, by, links);
    const are = changed.length === 1 ? 'it is' : 'they are';
    return {
      message: `${plural(changed.length, 'link')} archived. Visitors see that ${are} gone.`,
      changed: changed.length,
    };
  },

  async restore(db, workspaceId, by, { links }) {
    const changed = await restoreLinks(db, workspaceId, by, links);
    return {
      message: `${plural(changed.length, 'link')} ${changed.length === 1 ? 'works' : 'work'} again.`,
      changed: changed.length,
    };
  },
};
