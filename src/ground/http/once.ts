import { createHmac, randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { Conflict } from '../text/errors.ts';
import type { Db } from '../db/db.ts';
import { claimForm, findMade, keepMade, type Made } from '../db/sent-forms.ts';

/**
 * Makes one thing of a form that is sent twice: by a double click, a page that is sent again, or a browser that tries
 * again after a lost connection. Forms carry a token, a new one each time they are shown (views/site/components/_once.eta). The same
 * token with the same fields is the same form; with other fields somebody went back and means another thing.
 */

/** Characters of a token; ours have 16. A longer one is not ours. */
const maxToken = 64;

declare module 'fastify' {
  interface FastifyRequest {
    /** The address, the token and the fields of a form that makes something; null for all other requests. */
    sentForm: string | null;
  }
}

/** Takes the token out of what was sent, before routes read their fields. */
async function once(app: FastifyInstance): Promise<void> {
  app.decorateRequest('sentForm', null);
  app.addHook('preValidation', async (request) => {
    const { body, headers, url } = request;
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    if (!isForm || typeof body !== 'object' || body === null || !('once' in body)) return;
    const { once: token, ...fields } = body;
    request.body = fields;
    if (typeof token === 'string' && token !== '' && token.length <= maxToken)
      request.sentForm = JSON.stringify([url, token, fields]);
  });
}

export default fp(once, { name: 'once' });

/** In every form that makes something. @returns 96 bits by chance */
export const formToken = (): string => randomBytes(12).toString('base64url');

/**
 * Makes what a form asks for, unless the same form has made it already. Both happen in one transaction: a second request
 * waits for the first, and makes it itself where the first was refused. A form without a token is made each time.
 * @param make may run several times, and must have no effect but through `tx`
 * @returns what `make` gave, now or the first time
 * @throws what `make` throws
 */
export async function makeOnce<Thing extends Made>(
  request: FastifyRequest,
  make: (tx: Db) => Promise<Thing>,
): Promise<{ made: Thing; isRepeated: boolean }> {
  const { db } = request.server;
  const key = hashOfForm(request, 'made');
  if (!key) return { made: await db.transaction(make), isRepeated: false };
  return db.transaction(async (tx) => {
    const before = await claimForm(tx, key);
    if (before) return { made: before as Thing, isRepeated: true };
    const made = await make(tx);
    await keepMade(tx, key, made);
    return { made, isRepeated: false };
  });
}

/**
 * The same where something dear comes first, such as a hash: no transaction waits for it, and a form that has made its
 * thing already does without.
 * @param prepare refuses what can be refused before
 */
export async function prepareAndMakeOnce<Prepared, Thing extends Made>(
  request: FastifyRequest,
  prepare: () => Promise<Prepared>,
  make: (tx: Db, prepared: Prepared) => Promise<Thing>,
): Promise<{ made: Thing; isRepeated: boolean }> {
  const { db } = request.server;
  const key = hashOfForm(request, 'made');
  const before = async () => (key ? ((await findMade(db, key)) as Thing | undefined) : undefined);
  const repeated = (made: Thing) => ({ made, isRepeated: true });
  const first = await before();
  if (first) return repeated(first);
  try {
    const prepared = await prepare();
    return await makeOnce(request, (tx) => make(tx, prepared));
  } catch (error) {
    // Refused because of what the same form made meanwhile, such as an invitation that it accepted.
    const meanwhile = await before();
    if (meanwhile) return repeated(meanwhile);
    throw error;
  }
}

/**
 * The secret of a key, which is shown once and kept nowhere. The second answer to a form shows it too;
 * without SECRET, the form and the salt nobody can compute it.
 * @param salt drawn when the thing is made, and kept with what the form made: a form that is sent again later, when its
 *   thing is gone, never brings an old secret back
 * @returns 32 bytes
 */
export function secretOfForm(request: FastifyRequest, salt: string): Buffer {
  const key = hashOfForm(request, 'key') ?? createHmac('sha256', request.server.config.secret).update('key').digest();
  return createHmac('sha256', key).update(salt).digest();
}

/** A new salt: 192 bits by chance. */
export const newSalt = (): string => randomBytes(24).toString('base64url');

/**
 * The thing that a form made before is gone: saying that it is made would be wrong.
 * @param field the field of the form that says so; the page of errors without one
 */
export const madeAndGone = (field?: string): Conflict =>
  new Conflict(
    'This form was sent before, and what it made has been deleted since. Open the page again to make a new one.',
    field ? { field } : {},
  );

/** The user is part of it: the same fields of another user are another form. Strangers have the token alone. */
function hashOfForm({ sentForm, user, server }: FastifyRequest, purpose: 'made' | 'key'): Buffer | undefined {
  if (sentForm === null) return undefined;
  const text = `form\n${purpose}\n${user?.id ?? ''}\n${sentForm}`;
  return createHmac('sha256', server.config.secret).update(text).digest();
}
