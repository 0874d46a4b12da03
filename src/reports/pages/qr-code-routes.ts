import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import type { WeekStart } from '../../ground/time/week.ts';
import { getLink, type Link } from '../../links/links/queries.ts';
import { linkHead } from '../../links/pages/head.ts';
import { getQrCode } from '../../links/qr/queries.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { resolvePeriod } from '../counts/period.ts';
import { findFirstHitAt } from '../counts/beginning.ts';
import { countBy } from '../counts/report.ts';

const params = z.object({ workspace: z.string(), linkId: z.string().regex(/^\w+$/).catch('-') });

/** Widths of the pictures that are offered, in pixels. */
const sizes = [512, 1_024, 2_048];

/** The tab of a link that has its QR code: to be shown, taken away and followed. */
export default async function qrCodeRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, config } = app;

  routes.get(
    '/w/:workspace/links/:linkId/qr',
    { preHandler: requireWorkspace, schema: { params } },
    async (request, reply) => {
      const { workspace } = request;
      const now = new Date();
      const link = await getLink(db, workspace.id, request.params.linkId);
      const code = await getQrCode(db, workspace.id, link.id);
      // The code is to be had also where counting takes too long.
      const { value: scans } = await orRefusal(() => countScans(db, workspace, link, now));
      return reply.page('reports/pages/qr-code.eta', {
        head: linkHead(request, link, 'qr', now),
        title: `QR code of ${link.domain}/${link.slug}`,
        link,
        opens: `${code.host}/${code.slug}`,
        picture: `${config.appUrl}/qr/${link.qrSlugId}.svg`,
        sizes,
        scans,
      });
    },
  );
}

type Workspace = { id: string; timeZone: string; weekStartsOn: WeekStart };

/** Scans of a link's code, and the people who made them. @throws as countBy */
async function countScans(db: Db, workspace: Workspace, link: Link, now: Date) {
  const subject = { kind: 'link', id: link.id } as const;
  const firstHitAt = await findFirstHitAt(db, workspace.id, subject);
  const { timeZone, weekStartsOn } = workspace;
  const count = async (period: 'all' | '30d') => {
    const asked = resolvePeriod({ period, timeZone, weekStartsOn, now, firstHitAt });
    const { rows } = await countBy(db, workspace, subject, asked, 'qr');
    const { clicks = 0, visitors = 0 } = rows.find(({ value }) => value === link.qrSlugId) ?? {};
    return { scans: clicks, visitors };
  };
  return { ever: await count('all'), recently: await count('30d') };
}
