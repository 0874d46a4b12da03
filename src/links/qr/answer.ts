import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { attachment } from '../../ground/http/attachment.ts';
import { Turns } from '../../ground/db/turns.ts';
import { ownRound } from '../../ground/time/event-loop.ts';
import { shortUrlOf } from '../../ground/addresses/short-url.ts';
import type { PictureQuery } from './picture.ts';
import { qrPng } from './png.ts';
import type { QrCode } from './queries.ts';
import { qrSvg } from './svg.ts';

export const formats = ['svg', 'png'] as const;
export type Format = (typeof formats)[number];

export const mediaTypes: Readonly<Record<Format, string>> = { svg: 'image/svg+xml', png: 'image/png' };

/** Pictures that are drawn: some milliseconds of CPU each, with redirects beside them. */
const drawing = new Turns({ ofWorkspace: 1, ofAll: 2 });

/**
 * Draws a QR code and answers with it, or with 304 when the client has it already.
 * @throws Invalid (field `size`) when the code needs more pixels; LimitReached or Unavailable when no turn comes
 */
export async function answerPicture(
  request: FastifyRequest,
  reply: FastifyReply,
  code: QrCode,
  format: Format,
  query: PictureQuery,
): Promise<FastifyReply> {
  const text = shortUrlOf(code.scheme, code.host, code.slug);
  const body = await drawing.take(code.workspaceId, async () => {
    await ownRound();
    return format === 'svg' ? qrSvg(text, query, `QR code of ${code.host}/${code.primarySlug}`) : qrPng(text, query);
  });
  // Weak: the same picture may travel compressed or plain (RFC 9110, 8.8.1).
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  reply.type(mediaTypes[format]).header('etag', etag);
  if (query.download === '1') reply.header('content-disposition', attachment(`${code.primarySlug}-qr.${format}`));
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim()) ?? [];
  return known.includes(etag) ? reply.code(304).send() : reply.send(body);
}
