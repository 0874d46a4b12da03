import type { FastifyReply, FastifyRequest } from 'fastify';
import { ownerMark, withOwnerMark } from '../clicks/owner-mark.ts';
import { Forbidden, NotFound, Unauthorized } from '../errors.ts';
import { listWorkspacesOf, type Membership, updateLastOpened } from './queries.ts';
import { isRoleAtLeast, type Role } from './roles.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The workspace that this request is about; there behind requireWorkspace and showLastWorkspace only. */
    workspace: Membership;
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

/** For routes below /w/:workspace: lets in its members and fills the frame around the page. Not yours looks like not there. */
export async function requireWorkspace(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { workspace } = request.params as { workspace: string };
  await enterWorkspace(request, reply, (membership) => membership.slug === workspace);
}

/** For pages of no workspace: the frame shows the one that was opened last. */
export async function showLastWorkspace(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  await enterWorkspace(request, reply, () => true);
}

/** Behind requireWorkspace: lets in members of this role or a higher one. */
export function requireRole(needed: Role) {
  return async (request: FastifyRequest): Promise<void> => {
    if (isRoleAtLeast(request.workspace.role, needed)) return;
    throw new Forbidden(`This takes the role ${needed} in the workspace. Yours is ${request.workspace.role}.`);
  };
}

async function loadUserOrThrow(request: FastifyRequest, reply: FastifyReply) {
  const user = await request.loadUser(reply);
  if (!user) throw new Unauthorized();
  reply.locals.user = user;
  return user;
}

async function enterWorkspace(
  request: FastifyRequest,
  reply: FastifyReply,
  isMeant: (membership: Membership) => boolean,
): Promise<void> {
  const { db } = request.server;
  const user = await loadUserOrThrow(request, reply);
  const memberships = await listWorkspacesOf(db, user.id);
  const workspace = memberships.find(isMeant);
  if (!workspace) throw new NotFound();
  if (workspace !== memberships[0]) await updateLastOpened(db, workspace.id, user.id);
  request.workspace = workspace;
  reply.locals.workspace = workspace;
  reply.locals.workspaces = memberships.toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
  const mark = ownerMark(request.server.config.secret, workspace.id, new Date());
  reply.locals.toOpen = (shortUrl) => withOwnerMark(shortUrl, mark);
  reply.locals.domains = await request.server.hostsOf(workspace.id);
}
