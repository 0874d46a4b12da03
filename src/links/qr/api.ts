import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refusals } from '../../people/keys/problem.ts';
import { answerPicture, formats, mediaTypes } from './answer.ts';
import { pictureQuery } from './picture.ts';
import { getQrCode } from './queries.ts';

/** The QR code of a link, as a picture in each format. */
export default async function qrApi(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  for (const format of formats) {
    const name = format.toUpperCase();
    routes.get(
      `/api/v1/links/:id/qr.${format}`,
      {
        schema: {
          operationId: `getLinkQr${name}`,
          summary: `Get a link's QR code as ${name}`,
          description:
            'The QR code as a picture. It opens the link by a slug of its own, so that scans are counted apart, and stays the same when the link changes.',
          tags: ['Links'],
          params: z.object({
            id: z
              .string()
              .describe('The id of the link.')
              .meta({ examples: ['V7mQdT2ZkC9x'] }),
          }),
          querystring: pictureQuery,
          response: {
            200: { description: 'The picture.', content: { [mediaTypes[format]]: { schema: z.string() } } },
            ...refusals(404),
          },
        },
      },
      async (request, reply) => {
        const code = await getQrCode(app.db, request.workspace.id, request.params.id);
        return answerPicture(request, reply, code, format, request.query);
      },
    );
  }
}
