import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { requireRole, requireWorkspace } from '../workspaces/guards.ts';
import { isRoleAtLeast } from '../workspaces/roles.ts';
import { insertApiKey, listApiKeys, removeApiKey } from './keys.ts';

/** Who may make and delete keys: a key may do what a member may. */
const keyHolder = 'member';

const place = z.object({ workspace: z.string() });

const newKeyForm = z.object({
  name: z
    .string('Give the key a name.')
    .trim()
    .min(1, 'Give the key a name.')
    .max(80, 'A name has at most 80 characters.')
    .regex(/^\P{Cc}*$/u, 'A name holds no line breaks or control characters.'),
});

/** What the page shows besides the keys: a key that was just made, or a name that was refused. */
type State = { newKey?: { name: string; key: string }; name?: string; error?: string };

/** The pages on which members make and delete the keys of their workspace. */
export default async function keyPages(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  app.addHook('preHandler', requireWorkspace);

  routes.get('/w/:workspace/keys', { schema: { params: place } }, (request, reply) => showKeys(request, reply, {}));

  routes.post(
    '/w/:workspace/keys',
    { schema: { params: place, body: z.object({ name: z.string().catch('') }) }, preHandler: requireRole(keyHolder) },
    async (request, reply) => {
      const form = newKeyForm.safeParse(request.body);
      if (!form.success) {
        reply.code(422);
        return showKeys(request, reply, { name: request.body.name, error: form.error.issues[0]?.message ?? '' });
      }
      const { name } = form.data;
      const { key } = await insertApiKey(app.db, request.workspace.id, { name, createdBy: request.user?.id ?? null });
      // The answer to the form itself: a redirect would have to keep the key somewhere.
      reply.code(201).header('cache-control', 'no-store');
      return showKeys(request, reply, { newKey: { name, key } });
    },
  );

  routes.post(
    '/w/:workspace/keys/:keyId/delete',
    { schema: { params: place.extend({ keyId: z.string() }) }, preHandler: requireRole(keyHolder) },
    async (request, reply) => {
      const name = await removeApiKey(app.db, request.workspace.id, request.params.keyId);
      reply.flash('success', `The key "${name}" is deleted.`);
      return reply.redirect(`/w/${request.workspace.slug}/keys`, 303);
    },
  );
}

async function showKeys(request: FastifyRequest, reply: FastifyReply, state: State): Promise<string> {
  const { id, role } = request.workspace;
  const { db, config } = request.server;
  return reply.viewAsync('api/keys.eta', {
    keys: await listApiKeys(db, id),
    canChange: isRoleAtLeast(role, keyHolder),
    newKey: state.newKey,
    name: state.name,
    error: state.error,
    appUrl: config.appUrl,
    now: new Date(),
  });
}
