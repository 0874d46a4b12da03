import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { beginMove } from '../../visitors/upkeep/calendars.ts';
import { placeAmong } from '../../visitors/machines/own-networks.ts';
import type { Db } from '../../ground/db/db.ts';
import { findTimeZone, listTimeZones } from '../../ground/zones/time-zones.ts';
import { type EditView, openEdit, readEdit } from '../../ground/http/edit-form.ts';
import { LimitReached } from '../../ground/text/errors.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { addressOf } from '../../ground/http/proxies.ts';
import { waitBeyondEverywhere } from '../../ground/http/rate-limit.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { plural } from '../../ground/text/format.ts';
import { DAY } from '../../ground/time/zoned-time.ts';
import { actorOf } from './actor.ts';
import { deletionDays } from './leaving.ts';
import { newWorkspaceForm, workspaceForm } from './forms.ts';
import { requireRight, requireUser, requireWorkspace } from './guards.ts';
import { getWorkspace, insertWorkspace, listWorkspacesOf, unknownZone, updateWorkspace } from './queries.ts';
import { mayDo } from './roles.ts';
import { asDecided, type SettingName, settingList, showSettings, storedSettings } from './settings.ts';

/** Each has all hits of the workspace counted anew. */
const zoneChangesADay = 3;

/** With fewer than some hundred thousand hits, the answer to the form shows the new zone in force. */
const moveSeenWithinMs = 700;

const names = settingList.map(({ name }) => name);

/** Make a workspace, change a workspace; its people. */
export default async function workspaceRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;
  const params = z.object({ workspace: z.string() });
  let zones: Promise<string[]> | undefined;
  /** Read once: Postgres opens a file for each zone. */
  const timeZones = () =>
    (zones ??= listTimeZones(db).catch((error: unknown) => {
      zones = undefined;
      throw error;
    }));

  async function showNew(request: FastifyRequest, reply: FastifyReply, errors: Record<string, string> = {}) {
    const workspaces = request.user ? await listWorkspacesOf(db, request.user.id) : [];
    return reply.page('people/workspaces/new.eta', {
      values: typedValues(request.body),
      errors,
      timeZones: await timeZones(),
      isFirst: workspaces.length === 0,
    });
  }

  routes.get('/workspaces/new', { preHandler: requireUser }, (request, reply) => showNew(request, reply));

  routes.post(
    '/workspaces/new',
    { preHandler: requireUser, config: { rateLimit: { max: 20, timeWindow: '1 hour' } } },
    async (request, reply) =>
      takeForm(
        request,
        reply,
        newWorkspaceForm,
        async (form) => {
          if (!(await findTimeZone(db, form.timeZone))) throw unknownZone();
          const asked = { ...form, ownerId: request.user?.id ?? '' };
          const { made } = await makeOnce(request, async (tx) => ({
            slug: (await insertWorkspace(tx, actorOf(request), asked)).slug,
          }));
          return reply.redirect(`/w/${made.slug}/links`, 303);
        },
        ({ errors }) => showNew(request, reply, errors),
      ),
  );

  const waitOfZone = waitBeyondEverywhere(app, {
    name: 'time zone',
    max: zoneChangesADay,
    windowMs: DAY,
    keyOf: (request) => request.workspace.id,
  });
  async function countZoneChange(request: FastifyRequest, tx: Db): Promise<void> {
    const wait = await waitOfZone(request, tx);
    if (wait === 0) return;
    throw new LimitReached(
      `The time zone can change ${zoneChangesADay} times a day, because all reports are counted again. It can change again in ${plural(Math.ceil(wait / 3_600), 'hour')}. Nothing was saved.`,
      { field: 'timeZone', headers: { 'retry-after': String(wait) } },
    );
  }

  const textsNow = async (request: FastifyRequest) =>
    showSettings(asDecided(await getWorkspace(db, request.workspace.id)));

  async function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    edit: EditView<SettingName>,
    { ownNetworks }: { ownNetworks: string },
    errors: Record<string, string> = {},
  ) {
    return reply.page('people/workspaces/settings.eta', {
      ...edit,
      errors,
      settings: settingList,
      timeZones: await timeZones(),
      here: placeAmong(addressOf(request), ownNetworks),
      canChange: mayDo(request.workspace.role, 'changeWorkspace'),
      now: new Date(),
      timeZone: request.workspace.timeZone,
      deletionDays,
    });
  }

  routes.get('/w/:workspace/settings', { schema: { params }, preHandler: requireWorkspace }, async (request, reply) => {
    const stored = await textsNow(request);
    return showForm(request, reply, openEdit(stored), stored);
  });

  routes.post(
    '/w/:workspace/settings',
    {
      schema: { params },
      preHandler: [requireWorkspace, requireRight('changeWorkspace')],
      config: { rateLimit: { max: 60, timeWindow: '1 hour' } },
    },
    async (request, reply) => {
      let stored = await textsNow(request);
      return takeForm(
        request,
        reply,
        workspaceForm,
        async (form) => {
          const edit = readEdit(form, names);
          const changes = storedSettings(edit.changes);
          const workspace = await updateWorkspace(db, request.workspace.id, actorOf(request), changes, {
            onNewZone: (tx) => countZoneChange(request, tx),
            refuse(now) {
              stored = showSettings(asDecided(now));
              edit.refuseOvertaken(stored);
            },
          });
          if (workspace.nextTimeZone !== null) await beginMove(db, workspace.id, moveSeenWithinMs);
          return reply.flash('success', 'The workspace is changed.').redirect(`/w/${workspace.slug}/settings`, 303);
        },
        ({ errors, thrown }) =>
          showForm(request, reply, readEdit(request.body, names).again(stored, thrown), stored, errors),
      );
    },
  );
}
