import type { FastifyReply, FastifyRequest } from 'fastify';
import { Forbidden, NotFound, Unauthorized } from '../../ground/text/errors.ts';
import { listWorkspacesOf, type Membership, updateLastOpened } from './queries.ts';
import { mayDo, type Right, rights } from './roles.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The workspace that this request is about; there behind requireWorkspace and showLastWorkspace only. */
    workspace: Membership;
    /** All that its member is in, the last opened first; there with it. */
    memberships: readonly Membership[];
  }
}

/**
 * Guards are preHandlers that throw. They stand in this room, the instance's own among them, because accounts/ builds on
 * workspaces/ (a sign-up makes one) and not the other way round; who asks comes by request.loadUser.
 */
export async function requireUser(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  await loadUserOrThrow(request, reply);
}

/** Lets in who looks after the instance. For others the page does not exist. */
export async function requireAdmin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const user = await loadUserOrThrow(request, reply);
  if (!user.isAdmin) throw new NotFound();
}

/** For routes below /w/:workspace: lets in its members. Not yours looks like not there. */
export async function requireWorkspace(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { workspace: slug } = request.params as { workspace: string };
  const memberships = await listMemberships(request, reply);
  // By its id as well: a form that is open while somebody changes the word must still find its way.
  const workspace =
    memberships.find((membership) => membership.slug === slug) ?? memberships.find(({ id }) => id === slug);
  if (!workspace) throw new NotFound();
  await enterWorkspace(request, workspace, memberships);
}

/** For pages of no workspace: the frame shows the one that was opened last. A person who is in none is led to a new one. */
export async function showLastWorkspace(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const memberships = await listMemberships(request, reply);
  const [lastOpened] = memberships;
  if (lastOpened) await enterWorkspace(request, lastOpened, memberships);
  else await reply.redirect('/workspaces/new', 303);
}

/** Behind requireWorkspace: lets in whose role may do this (the table in roles.ts). */
export function requireRight(right: Right) {
  return async (request: FastifyRequest): Promise<void> => {
    const { role } = request.workspace;
    if (mayDo(role, right)) return;
    throw new Forbidden(`This takes the role ${rights[right].least} in the workspace. Yours is ${role}.`);
  };
}

async function loadUserOrThrow(request: FastifyRequest, reply: FastifyReply) {
  const user = await request.loadUser(reply);
  if (!user) throw new Unauthorized();
  return user;
}

async function listMemberships(request: FastifyRequest, reply: FastifyReply): Promise<Membership[]> {
  const user = await loadUserOrThrow(request, reply);
  return listWorkspacesOf(request.server.db, user.id);
}

async function enterWorkspace(
  request: FastifyRequest,
  workspace: Membership,
  memberships: Membership[],
): Promise<void> {
  if (workspace !== memberships[0]) await updateLastOpened(request.server.db, workspace.id, request.user?.id ?? '');
  request.workspace = workspace;
  request.memberships = memberships;
}
