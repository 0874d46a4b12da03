import type { FastifyRequest } from 'fastify';
import { pageBehind } from '../../ground/http/fragments.ts';
import { mayDo, type Right, type Role } from './roles.ts';

/** A page of a thing, such as a link, beside its others: it is there when its feature is, for those who may see it. */
export type Tab<Of> = {
  name: string;
  label: string;
  /** Its address. @param home of the workspace, '/w/acme' */
  href: (home: string, of: Of) => string;
  /** The right that its page asks for. Without one it is for every member. */
  right?: Right;
  /** Whether something is set there, which a dot says. It may ask for nothing that the page has not read anyway. */
  isSet?: (of: Of) => boolean;
};

/** A tab as views/site/components/_tabs.eta takes it. */
export type ShownTab = { label: string; href: string; isCurrent: boolean; isSet: boolean };

/**
 * The tabs of one thing.
 * @param tabs THE list of its kind, in their order
 * @param current the name of the one that is shown
 */
export const showTabs = <Of>(
  tabs: readonly Tab<Of>[],
  of: Of,
  current: string,
  { slug, role }: { slug: string; role: Role },
): ShownTab[] =>
  tabs
    .filter(({ right }) => right === undefined || mayDo(role, right))
    .map(({ name, label, href, isSet }) => ({
      label,
      href: href(`/w/${slug}`, of),
      isCurrent: name === current,
      isSet: isSet?.(of) ?? false,
    }));

/** The name of the tab that the page behind a piece shows; undefined where that is another page. */
export function tabBehind<Of, Name extends string>(
  request: FastifyRequest,
  tabs: readonly (Tab<Of> & { name: Name })[],
  of: Of,
): Name | undefined {
  const { pathname } = pageBehind(request);
  return tabs.find(({ href }) => href(`/w/${request.workspace.slug}`, of) === pathname)?.name;
}
