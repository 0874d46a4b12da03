import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { orRefusal } from '../../ground/http/refusal.ts';
import { isFragmentRequest } from '../../ground/http/fragments.ts';
import { typed, wordsUpTo } from '../../ground/http/typed.ts';
import { plural } from '../../ground/text/format.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { maxSearchLength } from '../../links/search/search.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { findAnything, resultOfNew } from './find.ts';
import type { ResultGroup } from './results.ts';

const readSearch = wordsUpTo(maxSearchLength);

/** The search over everything: a page, and the list in the dialog above other pages. */
export default async function searchRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/w/:workspace/search',
    { preHandler: requireWorkspace, schema: { querystring: z.object({ q: typed }) } },
    async (request, reply) => {
      const search = readSearch.parse(request.query.q);
      const { value: groups, refusal } = await orRefusal(() => findAnything(app.db, searcherOf(request), search));
      const isFragment = isFragmentRequest(request);
      const found = isFragment ? (groups ?? []) : withoutDialogs(groups ?? []);
      const view = viewOf(request, { search, groups: found, error: refusal?.errors['search'] ?? null });
      // A dialog shows why nothing came in the place of what would have come.
      if (isFragment) return reply.fragment('site/search/results.eta', view);
      if (refusal) reply.code(refusal.status);
      return reply.page('site/search/index.eta', view);
    },
  );
}

const searcherOf = ({ workspace, memberships, user }: FastifyRequest) => ({
  workspace,
  memberships,
  isAdmin: user?.isAdmin ?? false,
});

/** Leaves out all that only scripts open, for the page that does without. */
const withoutDialogs = (groups: readonly ResultGroup[]): ResultGroup[] =>
  groups
    .map((group) => ({ ...group, items: group.items.filter(({ href, form }) => href ?? form) }))
    .filter(({ items }) => items.length > 0);

function viewOf(
  request: FastifyRequest<{ Querystring: { q: string } }>,
  { search, groups, error }: { search: string; groups: readonly ResultGroup[]; error: string | null },
) {
  const { slug, role } = request.workspace;
  const count = groups.reduce((sum, { items }) => sum + items.length, 0);
  const isNothing = count === 0 && error === null;
  const createNew = isNothing && mayDo(role, 'changeLinks') ? resultOfNew(`/w/${slug}`, search) : null;
  const found = isNothing ? 'Nothing found' : plural(count, 'result');
  return {
    title: search === '' ? 'Search' : `Search for ${shortened(search, 60)}`,
    search,
    /** The script compares it with its field. */
    typedText: request.query.q.trim(),
    groups,
    says: `${found}${search === '' ? '' : ` for “${shortened(search, 60)}”`}${createNew ? '. You can create it.' : ''}`,
    isNothing,
    createNew,
    error,
  };
}
