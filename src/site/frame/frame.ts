import type { FastifyRequest } from 'fastify';
import { listTroubledDomains } from '../../domains/domains/claims.ts';
import { listDomains } from '../../domains/domains/queries.ts';
import { nameTemplates } from '../../links/templates/templates.ts';
import { ownerMark, withOwnerMark } from '../../ground/addresses/owner-mark.ts';
import { mayDo, type Right } from '../../people/workspaces/roles.ts';
import { offeredTo, placesBelow, settingsScopes, tabNames } from './navigation.ts';

/** The member who asks, and what a template may offer them. It costs no statement. */
export function viewerOf({ user, workspace, server }: FastifyRequest) {
  if (!user || !workspace) return { user: user ?? undefined };
  const mark = ownerMark(server.config.secret, workspace.id, new Date());
  return {
    user,
    workspace,
    /** Nothing is offered that would be refused. */
    may: (right: Right) => mayDo(workspace.role, right),
    /** A short link as it is offered for opening: such a visit is not counted as a click. */
    toOpen: (shortUrl: string) => withOwnerMark(shortUrl, mark),
  };
}

/** The bars, menus and banners around a page of a workspace; nothing for other pages. Three statements at most. */
export async function loadFrame({ user, workspace, memberships, server: { db } }: FastifyRequest) {
  if (!user || !workspace) return {};
  const [hosts, troubledDomains, templates] = await Promise.all([
    listDomains(db, workspace.id),
    listTroubledDomains(db, workspace.id),
    mayDo(workspace.role, 'changeLinks') ? nameTemplates(db, workspace.id) : [],
  ]);
  const home = `/w/${workspace.slug}`;
  return {
    home,
    places: offeredTo(placesBelow(home), workspace.role, user.isAdmin),
    tabNames,
    settingsScopes,
    workspaces: memberships.toSorted((one, other) => one.name.localeCompare(other.name, 'en')),
    /** Hosts that new links may live on, the usual one first. */
    domains: hosts.map(({ host }) => host),
    /** Templates of new links, by name. */
    templates,
    troubledDomains,
  };
}
