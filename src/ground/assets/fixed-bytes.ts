import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { brotli, gzip } from './compression.ts';

/** Codings in the order in which we prefer them where a client does not: the smallest first. */
const codings = ['br', 'gzip', 'identity'] as const;
type Coding = (typeof codings)[number];

/** Bytes that stay the same while this process runs, in every form in which they travel. */
export type FixedBytes = {
  type: string;
  /** Of the content, without quotation marks: an entity tag's beginning. */
  hash: string;
  forms: Partial<Record<Coding, Buffer>> & { identity: Buffer };
};

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** @param name whose ending says the type @throws for an ending that has no type here */
export function fixedBytes(name: string, identity: Buffer, forms: { br?: Buffer; gzip?: Buffer } = {}): FixedBytes {
  const type = types[extname(name)];
  if (!type) throw new Error(`${name} has no media type: add it to src/ground/assets/fixed-bytes.ts`);
  const hash = createHash('sha256').update(identity).digest('base64url').slice(0, 22);
  return { type, hash, forms: { ...forms, identity } };
}

/** For what is known at run time only: makes and compresses it at the first question, once for all who ask meanwhile. */
export function fixedOnce(name: string, make: () => string | Promise<string>): () => Promise<FixedBytes> {
  let made: Promise<FixedBytes> | undefined;
  const compressed = async () => {
    const identity = Buffer.from(await make());
    const [br, gz] = await Promise.all([brotli(identity), gzip(identity)]);
    return fixedBytes(name, identity, { br, gzip: gz });
  };
  return () => {
    made ??= compressed().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/**
 * Answers with bytes as they lie in memory, in the form that the client takes (RFC 9110, 12.5.3), or with 304 when it has
 * that form (13.1.2). Ranges are not served: the whole is small.
 */
export function sendFixed(
  request: FastifyRequest,
  reply: FastifyReply,
  { type, hash, forms }: FixedBytes,
): FastifyReply {
  if (Object.keys(forms).length > 1) reply.header('vary', 'accept-encoding');
  const coding = codingFor(request.headers['accept-encoding'], forms);
  if (!coding) return reply.code(406).type('text/plain; charset=utf-8').send('Not acceptable\n');
  // Each form has a tag of its own (RFC 9110, 8.8.3.3).
  const etag = coding === 'identity' ? `"${hash}"` : `"${hash}-${coding}"`;
  reply.headers({ etag, 'x-content-type-options': 'nosniff' });
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (coding !== 'identity') reply.header('content-encoding', coding);
  return reply.type(type).send(forms[coding]);
}

/** The form that a client likes best; undefined when it takes none. Without the header only the plain one is safe. */
function codingFor(header: string | undefined, forms: FixedBytes['forms']): Coding | undefined {
  if (!header) return 'identity';
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const weight = parameters.find((text) => text.startsWith('q='))?.slice(2) ?? '1';
    if (name) weights.set(name === 'x-gzip' ? 'gzip' : name, Number(weight) || 0);
  }
  // The plain form is taken unless it is refused, and liked less than whatever is named.
  const weightOf = (coding: Coding) => weights.get(coding) ?? weights.get('*') ?? (coding === 'identity' ? 0.0001 : 0);
  let best: Coding | undefined;
  for (const coding of codings) if (forms[coding] && weightOf(coding) > (best ? weightOf(best) : 0)) best = coding;
  return best;
}

/** Weak comparison, as If-None-Match asks for (RFC 9110, 13.1.2). */
const isKnown = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));
