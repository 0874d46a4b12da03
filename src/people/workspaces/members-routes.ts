import type { Db } from '../../ground/db/db.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { openEdit, Overtaken, readEdit } from '../../ground/http/edit-form.ts';
import { LimitReached } from '../../ground/text/errors.ts';
import { withArticle } from '../../ground/text/format.ts';
import { aboutMail } from '../../ground/mail/mail.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { waitBeyondEverywhere } from '../../ground/http/rate-limit.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { invitationMail } from './emails.ts';
import { actorOf } from './actor.ts';
import { inviteForm, roleForm } from './forms.ts';
import { requireRight, requireWorkspace } from './guards.ts';
import {
  insertInvitation,
  invitationDays,
  type InvitedRole,
  invitedRoles,
  listInvitations,
  removeInvitation,
  renewInvitation,
} from './invitations.ts';
import { listMembers, removeMember, updateRole } from './members.ts';
import { mayDo, mayManage, rightsByRole, roles } from './roles.ts';

const id = z.string().regex(/^\w+$/);
const params = z.object({ workspace: z.string() });
/** `invited`: the invitation that was just made. */
const query = z.object({ invited: id.optional().catch(undefined) });
const memberParams = params.extend({ userId: id });
const invitationParams = params.extend({ invitationId: id });

/** The people of a workspace: who is in it, as what, and who is asked to come. */
export default async function membersRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { config, db, mailer } = app;
  const toSee = { preHandler: requireWorkspace };
  const toManage = { preHandler: [requireWorkspace, requireRight('managePeople')] };
  const limits = [
    (request: FastifyRequest) => request.workspace.id,
    (request: FastifyRequest) => request.user?.id ?? '',
  ].map((keyOf) => waitBeyondEverywhere(app, { name: 'invitations', max: 50, windowMs: 60 * 60_000, keyOf }));

  /** Each is a mail to somebody who did not ask for it; several accounts or several workspaces send no more of them. */
  async function refuseManyInvitations(request: FastifyRequest): Promise<void> {
    for (const waitOf of limits) {
      if ((await waitOf(request)) > 0)
        throw new LimitReached('Too many invitations in one hour. Send the next ones later.', {
          field: 'email',
        });
    }
  }

  async function showMembers(
    request: FastifyRequest,
    reply: FastifyReply,
    errors: Record<string, string> = {},
    { warning, invited }: { warning?: string; invited?: string | undefined } = {},
  ) {
    const { id: workspaceId, role } = request.workspace;
    const people = await listMembers(db, workspaceId);
    const canManage = mayDo(role, 'managePeople');
    const listed = canManage ? await listInvitations(db, workspaceId, config.secret) : [];
    const invitations = listed.map(({ shown: { token, missing }, ...invitation }) => ({
      ...invitation,
      missing,
      link: token === undefined ? undefined : `${config.appUrl}/invitations/${token}`,
    }));
    return reply.page('people/workspaces/members.eta', {
      people: people.map((person) => ({
        ...person,
        shown: openEdit({ role: person.role }).shown,
        isYou: person.userId === request.user?.id,
        newRoles: mayManage(role, person.role)
          ? roles.filter((other) => other !== person.role && mayManage(role, other))
          : [],
      })),
      isOnlyOwner: role === 'owner' && people.filter((person) => person.role === 'owner').length === 1,
      invitations,
      newInvitation: invitations.find((invitation) => invitation.id === invited),
      canManage,
      invitedRoles,
      invitationDays,
      rightsByRole: rightsByRole(),
      isDelivering: mailer.isDelivering,
      values: { role: 'member', ...typedValues(request.body) },
      errors,
      warning,
      now: new Date(),
    });
  }

  /** Its mail goes into the outbox with it: a stop in between loses neither. @returns the mail's id */
  async function mailInvitation(
    request: FastifyRequest,
    tx: Db,
    invitation: { email: string; role: InvitedRole; token: string },
  ): Promise<string> {
    const { email, role, token } = invitation;
    const { name = '', email: from = '' } = request.user ?? {};
    const asked = { email, role, workspaceName: request.workspace.name, invitedBy: { name, email: from } };
    return String(await mailer.enqueue(tx, invitationMail(asked, `${config.appUrl}/invitations/${token}`, new Date())));
  }

  routes.get('/w/:workspace/members', { ...toSee, schema: { params, querystring: query } }, (request, reply) =>
    showMembers(request, reply, {}, { invited: request.query.invited }),
  );

  routes.post('/w/:workspace/invitations', { ...toManage, schema: { params } }, async (request, reply) =>
    takeForm(
      request,
      reply,
      inviteForm,
      async ({ email, role }) => {
        await refuseManyInvitations(request);
        const { made, isRepeated } = await makeOnce(request, async (tx) => {
          const { id: workspaceId } = request.workspace;
          const asked = { email, role };
          const invited = await insertInvitation(tx, workspaceId, actorOf(request), asked, config.secret);
          return { id: invited.id, mailId: await mailInvitation(request, tx, { ...asked, token: invited.token }) };
        });
        const about = isRepeated ? '' : await aboutMail(mailer.deliver(Number(made.mailId)));
        return toMembers(request, reply, `${email} is invited as ${withArticle(role)}.${about}`, made.id);
      },
      ({ errors }) => showMembers(request, reply, errors),
    ),
  );

  routes.post(
    '/w/:workspace/invitations/:invitationId/resend',
    { ...toManage, schema: { params: invitationParams } },
    async (request, reply) => {
      await refuseManyInvitations(request);
      const { made, isRepeated } = await makeOnce(request, async (tx) => {
        const { invitationId } = request.params;
        const renewed = await renewInvitation(tx, request.workspace.id, actorOf(request), invitationId, config.secret);
        return { email: renewed.email, mailId: await mailInvitation(request, tx, renewed) };
      });
      const about = isRepeated ? '' : await aboutMail(mailer.deliver(Number(made.mailId)));
      const sentence =
        about === '' && !isRepeated
          ? `A new mail is on its way to ${made.email}. The link in the old one stops.`
          : `${made.email} is invited anew. The link in the old mail stops.${about}`;
      return toMembers(request, reply, sentence, request.params.invitationId);
    },
  );

  routes.post(
    '/w/:workspace/invitations/:invitationId/withdraw',
    { ...toManage, schema: { params: invitationParams } },
    async (request, reply) => {
      const email = await removeInvitation(db, request.workspace.id, actorOf(request), request.params.invitationId);
      return toMembers(request, reply, `The invitation of ${email} is withdrawn.`);
    },
  );

  routes.post(
    '/w/:workspace/members/:userId/role',
    { ...toManage, schema: { params: memberParams, body: roleForm } },
    async (request, reply) => {
      const { role } = request.body;
      const edit = readEdit(request.body, ['role']);
      let now = { name: '', role };
      try {
        await updateRole(db, request.workspace.id, actorOf(request), request.params.userId, role, (person) => {
          now = person;
          edit.refuseOvertaken({ role: person.role });
        });
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
        const sentence = `${now.name} is ${withArticle(now.role)} now: somebody else changed it while you had this page open. Your change is not made; choose again if it is still right.`;
        return showMembers(request, reply.code(error.status), {}, { warning: sentence });
      }
      const { name } = now;
      return toMembers(request, reply, `${name} is ${withArticle(role)} now.`);
    },
  );

  routes.post(
    '/w/:workspace/members/:userId/remove',
    { ...toManage, schema: { params: memberParams } },
    async (request, reply) => {
      const { name } = await removeMember(db, request.workspace.id, actorOf(request), request.params.userId);
      return toMembers(request, reply, `${name} is not in this workspace any more.`);
    },
  );

  routes.post('/w/:workspace/members/leave', { ...toSee, schema: { params } }, async (request, reply) => {
    await removeMember(db, request.workspace.id, actorOf(request), request.user?.id ?? '');
    return reply.flash('success', `You have left ${request.workspace.name}.`).redirect('/', 303);
  });
}

/** @param invited the invitation whose link is to be passed on now */
const toMembers = (request: FastifyRequest, reply: FastifyReply, message: string, invited?: string) =>
  reply
    .flash('success', message)
    .redirect(`/w/${request.workspace.slug}/members${invited === undefined ? '' : `?invited=${invited}`}`, 303);
