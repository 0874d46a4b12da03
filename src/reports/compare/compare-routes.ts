import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Db } from '../../ground/db/db.ts';
import { Invalid } from '../../ground/text/errors.ts';
import { listCampaigns } from '../../links/links/campaigns.ts';
import { mostCompared, refuseTooMany } from '../../links/pages/forms.ts';
import { listLinks } from '../../links/links/list.ts';
import { listTags } from '../../links/links/tags.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { reportHref } from '../addresses/address.ts';
import { drawCompared, loadCompared } from './compare.ts';
import { periodNames, resolvePeriod } from '../counts/period.ts';
import { periodChoices, periodWords, viewOf } from '../addresses/period-links.ts';
import { reportQuery } from '../addresses/report-query.ts';
import { openSubject } from '../counts/subjects.ts';

const kinds = ['link', 'campaign', 'tag'] as const;
type Kind = (typeof kinds)[number];

const params = z.object({ workspace: z.string() });
const ids = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform((given) => [...new Set([given].flat())].filter(Boolean));
const query = reportQuery.omit({ f: true }).extend({
  period: z.enum(periodNames).exclude(['all']).optional().catch(undefined),
  /** The choices while nothing is chosen. */
  of: z.enum(kinds).catch('link').default('link'),
  link: ids,
  campaign: ids,
  tag: ids,
});

/** How many links can be chosen from without a search: those with the most clicks. */
const offeredLinks = 100;

/** The choices, by id and name. */
const offers: Record<Kind, (db: Db, workspaceId: string) => Promise<{ id: string; name: string }[]>> = {
  link: async (db, workspaceId) => {
    const asked = { search: '', sort: 'clicks', state: 'active', limit: offeredLinks, cursor: null } as const;
    const { links } = await listLinks(db, workspaceId, asked);
    return links.map(({ id, domain, slug }) => ({ id, name: `${domain}/${slug}` }));
  },
  campaign: listCampaigns,
  tag: listTags,
};

/** Links, campaigns or tags side by side in one chart. */
export default async function compareRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db } = app;

  routes.get(
    '/w/:workspace/compare',
    { preHandler: requireWorkspace, schema: { params, querystring: query } },
    async (request, reply) => {
      const { id: workspaceId, slug, timeZone, weekStartsOn } = request.workspace;
      const { of, link, campaign, tag, ...asked } = request.query;
      const { kind, chosen } = choiceOf({ link, campaign, tag }, of);
      const subjects = await Promise.all(
        chosen.map(async (id) => {
          const named = await openSubject(db, request.workspace, { [kind]: id });
          return { ...named, id, shortName: cutShort(named.shortName) };
        }),
      );
      const period = resolvePeriod({ ...asked, timeZone, weekStartsOn, now: new Date() });
      const compared = await loadCompared(db, workspaceId, subjects, period);
      const path = `/w/${slug}/compare`;
      const { filters: _, ...shown } = viewOf(period, []);
      const asking = (some: readonly string[], view: Record<string, string | undefined>): [string, string][] => [
        ...(some.length > 0 ? some.map((id): [string, string] => [kind, id]) : [['of', kind] as [string, string]]),
        ...Object.entries(view).filter((pair): pair is [string, string] => pair[1] !== undefined),
      ];
      const address = (some: readonly string[], view: Record<string, string | undefined> = shown) =>
        `${path}?${new URLSearchParams(asking(some, view)).toString()}`;
      return reply.page('reports/compare/compare.eta', {
        kind,
        kinds: kinds.map((name) => ({
          name,
          href: reportHref(path, { ...shown, filters: [] }, { of: name }),
          isCurrent: name === kind,
        })),
        path,
        timeZone,
        period: periodWords(period),
        periods: periodChoices(path, period.name)
          .filter(({ name }) => name !== 'all')
          .map((choice) => ({ ...choice, href: address(chosen, { period: choice.name }) })),
        chart: compared.length > 0 ? drawCompared(compared) : null,
        rows: compared.map(({ id, name: label, total, path: href }) => ({
          label,
          ...total,
          href,
          removeHref: address(chosen.filter((each) => each !== id)),
        })),
        kept: asking(chosen, shown),
        offers: (await offers[kind](db, workspaceId)).filter(({ id }) => !chosen.includes(id)),
        isFull: chosen.length >= mostCompared,
      });
    },
  );
}

/** @throws Invalid for two kinds at once, and for more than a chart can tell apart */
function choiceOf(asked: Record<Kind, string[]>, of: Kind): { kind: Kind; chosen: string[] } {
  const [kind = of, second] = kinds.filter((each) => asked[each].length > 0);
  if (second) throw new Invalid('Compare links, campaigns or tags: one kind at a time.', { field: second });
  const chosen = asked[kind];
  refuseTooMany(kind, chosen);
  return { kind, chosen };
}

/** Pixels of a name that fit beside the chart, about. */
const room = 120;
const characters = new Intl.Segmenter('en');
const ellipsis = { text: '…', width: 8 };

/** About how wide a character is drawn, in pixels: nobody knows the letters of another script beforehand. */
function widthOf(character: string): number {
  if (/[WMmw@%]|[\u2e80-\u{10ffff}]/u.test(character)) return 13;
  if (character > '\u024f') return 9;
  return /[A-Z0-9]/.test(character) ? 8 : 6.5;
}

function cutShort(name: string): string {
  let [width, fitting] = [0, ''];
  for (const { segment } of characters.segment(name)) {
    width += widthOf(segment);
    if (width > room) return fitting.trimEnd() + ellipsis.text;
    if (width <= room - ellipsis.width) fitting += segment;
  }
  return name;
}
