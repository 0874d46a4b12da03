import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { inTurn, tookTooLong } from '../../ground/db/in-turn.ts';
import { editFields, type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { plural } from '../../ground/text/format.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import { addDays, localDay } from '../../ground/time/zoned-time.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typed } from '../../ground/http/typed.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { countGroupDays } from '../../visitors/rollups/days.ts';
import { mostCompared, tabQuery } from './forms.ts';
import { showLinksOf } from './list-page.ts';
import { tagHead, tagPath } from './tag-head.ts';
import { lastName, nameKey } from '../links/name.ts';
import {
  type CountedTag,
  findTag,
  getTag,
  listTags,
  mergeTags,
  readTagName,
  removeTag,
  suggestTags,
  tagColours,
  updateTag,
} from '../links/tags.ts';

const params = z.object({ workspace: z.string(), tagId: z.string().regex(/^\w+$/).catch('-') });
const tagForm = z.object({ name: typed, colour: z.enum(tagColours).catch('grey'), ...editFields });
/** `sure`: id of the other tag, of a person who has seen both names. */
const mergeForm = z.object({ into: typed, sure: typed });
const suggestQuery = z.object({ tags: typed, tag: typed, into: typed });

/** The page of tags, and what completes names in forms while they are typed. */
export default async function tagRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const toSee = { preHandler: requireWorkspace };
  const toChange = { preHandler: [requireWorkspace, requireRight('organise')] };

  routes.get('/w/:workspace/tags', toSee, async (request, reply) => {
    const tags = await listTags(db, request.workspace.id);
    const clicks = await countRecent(request, tags);
    return reply.page('links/pages/tags.eta', {
      title: 'Tags',
      mostCompared,
      tags: tags.map((tag) => ({ ...tag, clicks: clicks && (clicks.get(tag.id) ?? 0) })),
    });
  });

  routes.get(
    '/w/:workspace/tags/suggest',
    { ...toSee, schema: { querystring: suggestQuery } },
    async (request, reply) => {
      const { tags, tag, into } = request.query;
      const { others, last } = lastName(tags);
      const found = await suggestTags(db, request.workspace.id, last || tag || into, others);
      const exact = nameKey(tag || into);
      return reply
        .header('cache-control', 'no-store')
        .fragment('site/components/_suggestions.eta', { names: found.filter(({ name }) => nameKey(name) !== exact) });
    },
  );

  routes.get(
    '/w/:workspace/tags/:tagId/links',
    { ...toSee, schema: { params, querystring: tabQuery } },
    async (request, reply) => {
      const tag = await getTag(db, request.workspace.id, request.params.tagId);
      return showLinksOf(request, reply, { kind: 'tag', ...tag }, request.query, async (links) =>
        reply.page('links/pages/tag-links.eta', {
          title: `Links with the tag ${tag.name}`,
          head: tagHead(request, tag, 'links'),
          links,
        }),
      );
    },
  );

  routes.get('/w/:workspace/tags/:tagId', { ...toChange, schema: { params } }, async (request, reply) => {
    const tag = await getTag(db, request.workspace.id, request.params.tagId);
    return showTag(reply, tag, openEdit(textsOf(tag)), {});
  });

  routes.post('/w/:workspace/tags/:tagId', { ...toChange, schema: { params } }, async (request, reply) => {
    const { id: workspaceId } = request.workspace;
    const { tagId } = request.params;
    const edited = () => readEdit(request.body, ['name', 'colour']);
    return takeForm(
      request,
      reply,
      tagForm,
      async (form) => {
        const edit = edited();
        const { name, colour } = edit.changes;
        await updateTag(db, workspaceId, actorOf(request), tagId, (now) => {
          edit.refuseOvertaken(textsOf(now));
          return {
            name: name === undefined ? now.name : readTagName(name, 'name'),
            colour: colour === undefined ? now.colour : form.colour,
          };
        });
        reply.flash('success', 'The tag is saved.', Object.keys(edit.changes).length > 0 ? workspaceId : undefined);
        return reply.redirect(tagPath(`/w/${request.workspace.slug}`, { id: tagId }), 303);
      },
      async ({ errors, thrown }) => {
        const now = await getTag(db, workspaceId, tagId);
        return showTag(reply, now, edited().again(textsOf(now), thrown), errors);
      },
    );
  });

  routes.post('/w/:workspace/tags/:tagId/merge', { ...toChange, schema: { params } }, async (request, reply) => {
    const { id: workspaceId } = request.workspace;
    const tag = await getTag(db, workspaceId, request.params.tagId);
    return takeForm(
      request,
      reply,
      mergeForm,
      async ({ into, sure }) => {
        const other = await findTag(db, workspaceId, into);
        if (!other) throw new Invalid(`There is no tag “${into.trim()}”.`, { field: 'into', code: 'tag_unknown' });
        if (sure !== other.id && tag.id !== other.id)
          return reply.page('links/pages/merge-tag.eta', { title: `Merge ${tag.name}`, tag, other });
        await mergeTags(db, workspaceId, actorOf(request), tag.id, other.id);
        reply.flash('success', `“${tag.name}” is part of “${other.name}” now.`);
        return reply.redirect(tagsHref(request), 303);
      },
      ({ errors }) => showTag(reply, tag, openEdit(textsOf(tag)), errors, mergeForm.parse(request.body).into),
    );
  });

  routes.post('/w/:workspace/tags/:tagId/delete', { ...toChange, schema: { params } }, async (request, reply) => {
    const tag = await getTag(db, request.workspace.id, request.params.tagId);
    await removeTag(db, request.workspace.id, actorOf(request), tag.id);
    reply.flash('success', `The tag “${tag.name}” is deleted. ${plural(tag.links, 'link')} lost it and stayed.`);
    return reply.redirect(tagsHref(request), 303);
  });
}

const recentDays = 30;

/** Clicks of each tag in the last days, today included. Null where counting takes too long: the list is shown without. */
async function countRecent({ server, workspace }: FastifyRequest, tags: readonly CountedTag[]) {
  const { id, timeZone } = workspace;
  const last = localDay(new Date(), timeZone);
  const days = { first: addDays(last, 1 - recentDays), last, timeZone };
  const ids = tags.map((tag) => tag.id);
  const tooLong = () => new Invalid('Counting these tags takes too long.', { field: 'clicks', code: tookTooLong });
  const count = (tx: Db) => countGroupDays(tx, id, 'tag', days, ids);
  const { value } = await orRefusal(() => inTurn(server.db, id, 'lists', count, { tooLong, field: 'clicks' }));
  if (!value) return undefined;
  const clicks = new Map<string, number>();
  for (const day of value) clicks.set(day.groupId, (clicks.get(day.groupId) ?? 0) + day.clicks);
  return clicks;
}

const tagsHref = (request: FastifyRequest) => `/w/${request.workspace.slug}/tags`;

/** A tag as its form shows it. */
const textsOf = ({ name, colour }: CountedTag): Texts => ({ name, colour });

type Texts = { name: string; colour: string };

function showTag(
  reply: FastifyReply,
  tag: CountedTag,
  edit: EditView<keyof Texts>,
  errors: Record<string, string>,
  into = '',
) {
  const title = `Tag ${tag.name}`;
  return reply.page('links/pages/tag.eta', { title, tag, ...edit, into, errors, colours: tagColours });
}
