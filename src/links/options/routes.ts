import { and, eq, isNull } from 'drizzle-orm';
import type { Route } from '../../ground/addresses/route.ts';
import { links } from '../../ground/db/schema.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { plural } from '../../ground/text/format.ts';
import { routesJson } from '../routes/json.ts';
import { readRoutes } from '../routes/read.ts';
import { routesRefused } from '../routes/refused.ts';
import { routesSent, routesValue } from '../routes/schema.ts';
import { wordsOfRoute } from '../routes/words.ts';
import type { LinkContext } from '../reading/context.ts';
import { defineOption } from './option.ts';

export const routesOption = defineOption({
  name: 'routes',
  label: 'Rules',
  isInSight: false,
  isRare: true,
  field: {
    kind: 'elsewhere',
    tab: 'destinations',
    words: (text) => (ofLink.test(text) ? 'The rules of the link that you duplicate' : countOf(text)),
  },
  read: async (typed: unknown, context, workspaceId) => ({
    routes:
      typeof typed === 'string'
        ? await readText(context, workspaceId, typed.trim())
        : orNone(await readRoutes(context, workspaceId, typed)),
  }),
  show: ({ routes }) => textOf(routes),
  copied: ({ id, routes }) => (routes ? `of ${id}` : ''),
  words: ({ routes }) => (routes ?? []).map(wordsOfRoute).join('; '),
  json: { value: routesValue, sent: routesSent, of: ({ routes }) => routes && routesJson(routes) },
  csv: { header: 'rules', column: links.routes, text: (stored) => textOf(stored as Route[] | null) },
});

/** A link whose rules are taken: an address has no room for the rules themselves. */
const ofLink = /^of (\w{1,64})$/;

const textOf = (routes: readonly Route[] | null) => (routes ? JSON.stringify(routesJson(routes)) : '');

const orNone = (routes: Route[]) => (routes.length > 0 ? routes : null);

function countOf(text: string): string {
  const routes = parsed(text);
  return Array.isArray(routes) ? plural(routes.length, 'rule') : 'Rules';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of a form or a file, whose refusals stand at the one field. */
async function readText(context: LinkContext, workspaceId: string, text: string): Promise<Route[] | null> {
  if (text === '') return null;
  const [, linkId] = ofLink.exec(text) ?? [];
  const sent = linkId === undefined ? parsed(text) : await findRoutes(context, workspaceId, linkId);
  if (sent === undefined) throw routesRefused('Write rules as JSON, as the API has them.');
  try {
    return orNone(await readRoutes(context, workspaceId, sent));
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const [, index] = /^routes\[(\d+)\]/.exec(error.field ?? '') ?? [];
    const message = index === undefined ? error.message : `Rule ${Number(index) + 1}: ${error.message}`;
    throw new Invalid(message, { field: 'routes', code: error.code });
  }
}

async function findRoutes({ db }: LinkContext, workspaceId: string, linkId: string): Promise<Route[] | null> {
  const isOwn = and(eq(links.workspaceId, workspaceId), eq(links.id, linkId), isNull(links.deletedAt));
  const [link] = await db.select({ routes: links.routes }).from(links).where(isOwn);
  if (!link) throw routesRefused('The link whose rules these are is deleted. Create this one without them.');
  return link.routes;
}
