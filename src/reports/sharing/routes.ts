import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Filter, filterText } from '../counts/filter.ts';
import { filterQuery, filtersAgain } from '../counts/filter-query.ts';
import { describeFilters, sayKeptFilters } from '../pages/kept-filters.ts';
import { openKept, type SubjectFields, subjectQuery } from '../counts/subjects.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { madeAndGone, makeOnce } from '../../ground/http/once.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { endOf, shareForm } from './forms.ts';
import { partNames, parts } from './parts.ts';
import { hashPassword } from './password.ts';
import { insertShare, listShares, removeShare } from './queries.ts';

const place = z.object({ workspace: z.string() });
const query = subjectQuery.extend({ f: filterQuery('f') });

/** The query of a report that is to be shared. */
type Asked = SubjectFields & { f: readonly Filter[] };

/** `made`: id of the share that was just made. */
type State = { status?: number; errors?: Record<string, string>; made?: string };

/** The pages where a workspace shares its reports, and those that it shares. */
export default async function sharingRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, config } = app;
  const urlOf = (token: string) => `${config.appUrl}/r/${token}`;

  async function showShares(request: FastifyRequest, reply: FastifyReply, asked: Asked, state: State = {}) {
    const { id, role, timeZone } = request.workspace;
    const about = await openKept(db, request.workspace, asked);
    const typed = typedValues(request.body);
    const canShare = mayDo(role, 'sendReports');
    const listed = await sayKeptFilters(db, id, await listShares(db, id, config.secret));
    const shares = listed.map(({ shown: { token, missing }, ...share }) =>
      canShare
        ? { ...share, missing, link: token === undefined ? undefined : urlOf(token) }
        : { ...share, link: undefined },
    );
    const newShare = shares.find((share) => share.id === state.made);
    if (state.made !== undefined && !newShare) throw madeAndGone();
    const chosen = (request.body as { parts?: string | string[] } | null)?.parts ?? (request.body ? [] : partNames);
    reply.code(state.status ?? 200);
    return reply.page('reports/sharing/index.eta', {
      about,
      filterTexts: asked.f.map(filterText),
      chips: await describeFilters(db, id, asked.f),
      shares,
      canShare,
      parts: parts.map((part) => ({ ...part, isChosen: [chosen].flat().includes(part.name) })),
      values: { title: about.name, ...(newShare ? {} : typed) },
      errors: state.errors ?? {},
      newShare,
      now: new Date(),
      timeZone,
    });
  }

  routes.get(
    '/w/:workspace/shares',
    { preHandler: requireWorkspace, schema: { params: place, querystring: query } },
    (request, reply) => showShares(request, reply, request.query),
  );

  routes.post(
    '/w/:workspace/shares',
    {
      preHandler: [requireWorkspace, requireRight('sendReports')],
      schema: { params: place },
      config: { rateLimit: { max: 60, timeWindow: '1 hour' } },
    },
    async (request, reply) =>
      takeForm(
        request,
        reply,
        shareForm,
        async (form) => {
          const { title, parts: shown, password, expires, f: filters } = form;
          const { id: workspaceId, timeZone } = request.workspace;
          const { subject } = await openKept(db, request.workspace, form);
          const expiresAt = endOf(expires, timeZone);
          if (expiresAt && expiresAt <= new Date())
            throw new Invalid('This day is in the past. Choose a later one, or leave it empty.', { field: 'expires' });
          const share = {
            subject,
            filters,
            title,
            parts: shown,
            passwordHash: password === '' ? null : await hashPassword(password),
            expiresAt,
          };
          const { made } = await makeOnce(request, async (tx) => {
            const { id } = await insertShare(tx, workspaceId, actorOf(request), share, config.secret);
            return { id };
          });
          return showShares(request, reply, form, { status: 201, made: made.id });
        },
        (refusal) => {
          const asked = { ...subjectQuery.parse(typedValues(request.body)), f: filtersAgain(request.body) };
          return showShares(request, reply, asked, refusal);
        },
      ),
  );

  routes.post(
    '/w/:workspace/shares/:shareId/end',
    {
      preHandler: [requireWorkspace, requireRight('sendReports')],
      schema: { params: place.extend({ shareId: z.string().regex(/^\w+$/) }) },
    },
    async (request, reply) => {
      const title = await removeShare(db, request.workspace.id, actorOf(request), request.params.shareId);
      return reply
        .flash('success', `"${title}" is not shared any more.`)
        .redirect(`/w/${request.workspace.slug}/shares`, 303);
    },
  );
}
