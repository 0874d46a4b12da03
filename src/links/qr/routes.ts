import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answerPicture, formats } from './answer.ts';
import { pictureQuery } from './picture.ts';
import { getPublicQrCode } from './queries.ts';

/** Drawing takes milliseconds of CPU: enough for every page that embeds codes, too few to slow down redirects. */
const limit = { max: 300, timeWindow: 60_000 };

/** Pictures of QR codes for anyone who was given their address: pages, mails and documents embed them. */
export default async function qrRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  for (const format of formats) {
    routes.get(
      `/qr/:slugId.${format}`,
      {
        schema: { params: z.object({ slugId: z.string() }), querystring: pictureQuery },
        config: { rateLimit: limit },
      },
      async (request, reply) => {
        const code = await getPublicQrCode(app.db, request.params.slugId);
        reply.headers({ 'cache-control': 'public, max-age=3600', 'cross-origin-resource-policy': 'cross-origin' });
        return answerPicture(request, reply, code, format, request.query);
      },
    );
  }
}
