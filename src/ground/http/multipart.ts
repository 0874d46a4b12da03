import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { AppError } from '../text/errors.ts';

/** Largest form with files, in bytes: a photo that is too large for us is still refused beside its field. */
const maxFormBytes = 4 * 1024 * 1024;

/** Lets the routes of a scope take forms with files. Each of these routes has `formWithFiles` of its guards. */
export function takeFilesIn(app: FastifyInstance): void {
  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** Options of a route that takes files. Its guards come before the body, so that no stranger fills the memory. */
export const formWithFiles = <Guard extends RouteShorthandOptions['onRequest']>(guards: Guard) => ({
  onRequest: guards,
  bodyLimit: maxFormBytes,
});

/**
 * The fields of a form: texts, and files as bytes; a file that was not chosen is left out. Node reads the parts itself
 * (RFC 7578, by the Fetch standard's Body.formData).
 * @throws AppError for a body that is no such form
 */
export async function readFields(request: FastifyRequest): Promise<Record<string, unknown>> {
  const { body } = request;
  if (!Buffer.isBuffer(body)) return typeof body === 'object' && body !== null ? { ...body } : {};
  const fields = new Map<string, unknown>();
  for (const [name, value] of await partsOf(body, request.headers['content-type'] ?? '')) {
    if (typeof value === 'string') {
      const before = fields.get(name);
      fields.set(name, before === undefined ? value : [before, value].flat());
    } else if (value.size > 0) fields.set(name, Buffer.from(await value.arrayBuffer()));
  }
  return Object.fromEntries(fields);
}

async function partsOf(body: Buffer, type: string): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  } catch {
    const sentence = 'This form did not arrive whole. Open its page again and send it once more.';
    throw new AppError(400, 'malformed_form', sentence);
  }
}
