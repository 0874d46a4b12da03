import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { orRefusal } from '../../ground/http/refusal.ts';
import { typed } from '../../ground/http/typed.ts';
import { plural } from '../../ground/text/format.ts';
import { shortened } from '../../ground/text/shortened.ts';
import { wordsUpTo } from '../../links/pages/forms.ts';
import { isFragmentRequest } from '../../links/pages/list-page.ts';
import { maxSearchLength } from '../../links/links/search.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { findAnything, resultOfNew } from './find.ts';

const readSearch = wordsUpTo(maxSearchLength);

/** The search over everything: a page, and the list in the dialog above other pages. */
export default async function searchRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/w/:workspace/search',
    { preHandler: requireWorkspace, schema: { querystring: z.object({ q: typed }) } },
    async (request, reply) => {
      const { value: groups, refusal } = await orRefusal(() =>
        findAnything(app.db, searcherOf(request), readSearch.parse(request.query.q)),
      );
      return show(request, reply, request.query.q, groups ?? [], refusal);
    },
  );
}

const searcherOf = ({ workspace, memberships, user }: FastifyRequest) => ({
  workspace,
  memberships,
  isAdmin: user?.isAdmin ?? false,
});

function show(
  request: FastifyRequest,
  reply: FastifyReply,
  typedText: string,
  groups: Awaited<ReturnType<typeof findAnything>>,
  refusal: { status: number; errors: Record<string, string> } | null,
) {
  const { slug, role } = request.workspace;
  const search = readSearch.parse(typedText);
  const count = groups.reduce((sum, { items }) => sum + items.length, 0);
  const isNothing = count === 0 && refusal === null;
  const view = {
    title: search === '' ? 'Search' : `Search for ${shortened(search, 60)}`,
    search,
    /** The script compares it with its field. */
    typedText: typedText.trim(),
    groups,
    says: isNothing ? 'Nothing found' : plural(count, 'result'),
    isNothing,
    createNew: isNothing && mayDo(role, 'changeLinks') ? resultOfNew(`/w/${slug}`, search) : null,
    error: refusal?.errors['search'] ?? null,
  };
  // A dialog shows why nothing came in the place of what would have come.
  if (isFragmentRequest(request)) return reply.fragment('site/search/results.eta', view);
  if (refusal) reply.code(refusal.status);
  return reply.page('site/search/index.eta', view);
}
