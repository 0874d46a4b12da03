import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { authHeaders } from '../../people/accounts/session.ts';
import { kinds, type SubjectKind, subjectKinds } from '../counts/kinds.ts';
import { type NamedSubject, openSubject } from '../counts/subjects.ts';
import { LimitReached } from '../../ground/text/errors.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { listWorkspacesOf } from '../../people/workspaces/queries.ts';
import { Channels } from './channels.ts';
import type { Departures } from './departures.ts';
import { openEventStream } from './event-stream.ts';
import { liveHitOf } from './live-hit.ts';
import { countMinutes, listHitsSince, type MinuteCount, type Watched } from './queries.ts';
import { realtimeOf, realtimeSince } from './realtime.ts';

/** How often we ask whether somebody may still look on, in milliseconds. */
const askAgainMs = 60_000;

/** How far back somebody who asks now and then may ask, in milliseconds, and how many hits there are at most. */
const longestGapMs = 30 * 60_000;
const hitsAnAnswer = 50;

// No id at all would be the whole workspace, and is the id of nothing.
const params = z.object({ workspace: z.string(), subjectId: z.string().min(1).catch('-').optional() });
/** The addresses where subjects are watched: below their reports, and below the workspace itself. */
const places = subjectKinds.map((kind) => ({
  kind,
  path: kind === 'workspace' ? '/w/:workspace' : `/w/:workspace/${kinds[kind].folder}/:subjectId`,
}));
/** Milliseconds since 1970: what the page knows already. */
const afterQuery = z.object({ after: z.coerce.number().int().min(0).optional().catch(undefined) });

/** Live routes: a stream for open reports, the same for browsers without one, and the view of the last half hour. */
export default async function liveRoutes(
  app: FastifyInstance,
  { departures }: { departures: Departures },
): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, log } = app;
  const readHits = async (watched: Watched, since: Date, limit: number) =>
    (await listHitsSince(db, watched, since, limit)).map(liveHitOf);
  const channels = new Channels(readHits, (error) => log.error({ err: error }, 'live hits could not be read'));
  app.addHook('preClose', async () => channels.close());

  // All viewers of a subject together cost one count a second.
  const minutes = new LRUCache<string, MinuteCount[], Watched>({
    max: 1_000,
    ttl: 1_000,
    fetchMethod: (_key, _stale, { context }) => countMinutes(db, context, realtimeSince(new Date())),
  });

  async function open(request: FastifyRequest, kind: SubjectKind): Promise<{ about: NamedSubject; watched: Watched }> {
    const { subjectId } = request.params as z.output<typeof params>;
    const about = await openSubject(db, request.workspace, { [kind]: subjectId });
    return { about, watched: { workspaceId: request.workspace.id, subject: about.subject } };
  }

  async function isStillAllowed(request: FastifyRequest): Promise<boolean> {
    const query = { disableRefresh: true };
    const session = await app.auth.api.getSession({ headers: authHeaders(request), query });
    if (!session) return false;
    const memberships = await listWorkspacesOf(db, session.user.id);
    return memberships.some(({ id }) => id === request.workspace.id);
  }

  function stream(request: FastifyRequest, reply: FastifyReply, watched: Watched, after: number | undefined): void {
    if (!channels.hasRoom(watched)) {
      throw new LimitReached('Too many pages of this workspace follow along. This one asks now and then.', {
        headers: { 'retry-after': '60' },
      });
    }
    const viewer = openEventStream(reply, () => {
      clearInterval(asking);
      departures.off('departure', endForDeparted);
      watching.stop();
    });
    const asking = setInterval(() => void endUnlessAllowed(), askAgainMs);
    departures.on('departure', endForDeparted);
    const lastEventId = Number(request.headers['last-event-id'] || after);
    const watching = channels.watch(watched, viewer, Number.isFinite(lastEventId) ? lastEventId : null);

    function endForDeparted(workspaceId: string, userId: string): void {
      if (workspaceId === watched.workspaceId && userId === request.user?.id) void endUnlessAllowed();
    }

    async function endUnlessAllowed(): Promise<void> {
      // While the database is away nobody can say; the next minute will.
      if (await isStillAllowed(request).catch(() => true)) return;
      viewer.send(Buffer.from('event: end\ndata: {}\n\n'));
      viewer.end();
    }
  }

  async function listNews(watched: Watched, after: number | undefined) {
    const since = Math.max(after ?? 0, Date.now() - longestGapMs);
    return { hits: await readHits(watched, new Date(since), hitsAnAnswer), pauseMs: 10_000 };
  }

  async function showRealtime(request: FastifyRequest, reply: FastifyReply, kind: SubjectKind) {
    const { slug, timeZone } = request.workspace;
    const now = new Date();
    const { about, watched } = await open(request, kind);
    const counts = (await minutes.fetch(`${watched.workspaceId} ${about.path}`, { context: watched })) ?? [];
    return reply.page('reports/live/realtime.eta', {
      about,
      section: about.section,
      livePath: `${about.field ? about.path : `/w/${slug}`}/live`,
      timeZone,
      realtime: realtimeOf(counts, now, timeZone),
    });
  }

  for (const { kind, path } of places) {
    const schema = { params, querystring: afterQuery };
    routes.get(`${path}/live`, { preHandler: requireWorkspace, schema }, async (request, reply) =>
      stream(request, reply, (await open(request, kind)).watched, request.query.after),
    );
    routes.get(`${path}/live/hits`, { preHandler: requireWorkspace, schema }, async (request) =>
      listNews((await open(request, kind)).watched, request.query.after),
    );
    routes.get(`${path}/realtime`, { preHandler: requireWorkspace, schema: { params } }, (request, reply) =>
      showRealtime(request, reply, kind),
    );
  }
}
