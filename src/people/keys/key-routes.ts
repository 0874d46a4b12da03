import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { madeAndGone, makeOnce, newSalt, secretOfForm } from '../../ground/http/once.ts';
import { actorOf } from '../workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../workspaces/guards.ts';
import { mayDo } from '../workspaces/roles.ts';
import { keyName } from './forms.ts';
import { insertApiKey, isApiKey, keyOf, listApiKeys, removeApiKey } from './keys.ts';

const place = z.object({ workspace: z.string() });
const newKeyForm = z.object({ name: keyName });

/** The state of the page besides the keys: a key that was just made, or a name that was refused. */
type State = { newKey?: NewKey | undefined; name?: string; error?: string };
type NewKey = z.infer<typeof newKey>;

const newKey = z.object({ name: z.string(), key: z.string() });
/** With the page that it is for, and when it has waited long enough. */
const keptKey = newKey.extend({ workspaceId: z.string(), until: z.number() });

const newKeyCookie = '_new_key';
/** How long a new key waits for its page, in milliseconds. */
const newKeyWaitsMs = 60_000;

/**
 * Leaves a new key for the page after the redirect, so that a reload makes no second one. It travels in a cookie: not in
 * an address, which ends up in histories and logs, nor in memory, which the next process would not have. Without an age
 * browsers forget it when they close; the page takes it away at once. It opens for the same session and workspace only.
 */
function handNewKey(request: FastifyRequest, reply: FastifyReply, made: NewKey): void {
  const kept = { ...made, workspaceId: request.workspace.id, until: Date.now() + newKeyWaitsMs };
  reply.setSigned(newKeyCookie, JSON.stringify(kept), { sameSite: 'strict', isOfSession: true });
}

function takeNewKey(request: FastifyRequest, reply: FastifyReply): NewKey | undefined {
  if (!request.hasCookie(newKeyCookie)) return undefined;
  reply.clearSigned(newKeyCookie).header('cache-control', 'no-store');
  const kept = readKept(request.readSigned(newKeyCookie, { isOfSession: true }));
  return kept?.workspaceId === request.workspace.id && kept.until > Date.now() ? kept : undefined;
}

function readKept(value: string | undefined): z.infer<typeof keptKey> | undefined {
  if (value === undefined) return undefined;
  try {
    return keptKey.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

/** The pages on which members make and delete the keys of their workspace. */
export default async function keyPages(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  app.addHook('preHandler', requireWorkspace);

  routes.get('/w/:workspace/keys', { schema: { params: place } }, (request, reply) =>
    showKeys(request, reply, { newKey: takeNewKey(request, reply) }),
  );

  routes.post(
    '/w/:workspace/keys',
    { schema: { params: place }, preHandler: requireRight('makeKeys') },
    async (request, reply) =>
      takeForm(
        request,
        reply,
        newKeyForm,
        async ({ name }) => {
          const { made, isRepeated } = await makeOnce(request, async (tx) => {
            const salt = newSalt();
            const input = { name, secret: secretOfForm(request, salt) };
            return { id: (await insertApiKey(tx, request.workspace.id, actorOf(request), input)).id, salt };
          });
          if (isRepeated && !(await isApiKey(app.db, request.workspace.id, made.id))) throw madeAndGone('name');
          handNewKey(request, reply, { name, key: keyOf(secretOfForm(request, made.salt)) });
          return reply.redirect(`/w/${request.workspace.slug}/keys`, 303);
        },
        ({ errors }) =>
          showKeys(request, reply, { name: typedValues(request.body)['name'] ?? '', error: errors['name'] ?? '' }),
      ),
  );

  routes.post(
    '/w/:workspace/keys/:keyId/delete',
    { schema: { params: place.extend({ keyId: z.string() }) }, preHandler: requireRight('makeKeys') },
    async (request, reply) => {
      const name = await removeApiKey(app.db, request.workspace.id, actorOf(request), request.params.keyId);
      reply.flash('success', `The key "${name}" is deleted.`);
      return reply.redirect(`/w/${request.workspace.slug}/keys`, 303);
    },
  );
}

async function showKeys(request: FastifyRequest, reply: FastifyReply, state: State): Promise<string> {
  const { id, role } = request.workspace;
  const { db, config } = request.server;
  return reply.page('people/keys/keys.eta', {
    keys: await listApiKeys(db, id),
    canChange: mayDo(role, 'makeKeys'),
    newKey: state.newKey,
    name: state.name,
    error: state.error,
    appUrl: config.appUrl,
    now: new Date(),
  });
}
