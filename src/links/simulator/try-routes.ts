import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Leaf } from '../../ground/addresses/route.ts';
import { orRefusal } from '../../ground/http/refusal.ts';
import { typed } from '../../ground/http/typed.ts';
import { formatDateTime } from '../../ground/text/format.ts';
import { wallClock } from '../../ground/time/zoned-time.ts';
import { requireWorkspace } from '../../people/workspaces/guards.ts';
import { channelLabels } from '../../visitors/visits/channel.ts';
import { deviceLabels } from '../../visitors/visits/device.ts';
import { getLink, type Link } from '../links/queries.ts';
import { linkHead, linkPath } from '../pages/head.ts';
import { agentPresets } from './agents.ts';
import { findTriedHit, readHitKey } from './of-hit.ts';
import { runSimulation } from './run.ts';
import { type Described, readDescribed, textFields } from './said.ts';
import { sentenceOfSimulation } from './sentence.ts';
import type { Simulation } from './simulate.ts';
import { whyOf } from './why.ts';

const params = z.object({ workspace: z.string(), linkId: z.string().regex(/^\w+$/).catch('-') });

/** The form's fields. A link to the page has the visitor in it. */
const tryQuery = z.object({
  ...Object.fromEntries<typeof typed>(textFields.map((name) => [name, typed])),
  /** A device of the list; '' for what other fields say. */
  agent: typed,
  entry: typed,
  who: typed,
  private: typed,
  /** A click that this began with. */
  hit: typed,
});

type Typed = z.output<typeof tryQuery> & Record<(typeof textFields)[number], string>;

/** A page of the tab Destinations: somebody who is made up visits the link, and one sees why they go where they go. */
export default async function tryRoutes(app: FastifyInstance): Promise<void> {
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(
      '/w/:workspace/links/:linkId/destinations/try',
      { preHandler: requireWorkspace, schema: { params, querystring: tryQuery } },
      async (request, reply) => {
        const { id: workspaceId, timeZone } = request.workspace;
        const link = await getLink(app.db, workspaceId, request.params.linkId);
        const form = request.query as Typed;
        const key = form.hit === '' ? undefined : readHitKey(form.hit, link.id);
        const hit = key && (await findTriedHit(app.db, link, key, timeZone));
        // An address with the values of the click can be changed and sent on.
        if (hit && isBare(form)) return reply.redirect(hrefOf(request, link, queryOfHit(form.hit, hit)), 302);
        const { value, refusal } = await orRefusal(async () => {
          const visitor = readDescribed(describedBy(form), timeZone, new Date());
          const slugId = form.entry === 'qr' ? link.qrSlugId : link.slugId;
          return { at: visitor.at, simulation: await runSimulation(app, link, visitor, { slugId }) };
        });
        if (refusal) reply.code(refusal.status);
        return showTry(request, reply, link, {
          form,
          errors: refusal?.errors ?? {},
          run: value,
          hit: hit ?? null,
          isHitGone: form.hit !== '' && !hit,
        });
      },
    );
}

const isBare = ({ hit: _hit, ...fields }: Typed) => Object.values(fields).every((value) => value === '');

function describedBy(form: Typed): Described {
  const preset = agentPresets.find(({ name }) => name === form.agent);
  return {
    ...form,
    userAgent: form.userAgent.trim() || preset?.userAgent,
    private: form.private !== '',
    preview: form.who === 'preview',
    machine: form.who === 'machine',
  };
}

function queryOfHit(hit: string, { described, entry }: NonNullable<Awaited<ReturnType<typeof findTriedHit>>>): string {
  const { machine, ...texts } = described;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(texts)) if (typeof value === 'string') query.set(name, value);
  if (entry === 'qr') query.set('entry', entry);
  if (machine) query.set('who', 'machine');
  query.set('hit', hit);
  return query.toString();
}

const hrefOf = ({ workspace }: FastifyRequest, link: Link, query: string): string =>
  `${linkPath(`/w/${workspace.slug}`, link)}/destinations/try?${query}`;

type Shown = {
  form: Typed;
  errors: Record<string, string>;
  run: { at: Date; simulation: Simulation } | null;
  hit: Awaited<ReturnType<typeof findTriedHit>> | null;
  isHitGone: boolean;
};

async function showTry(request: FastifyRequest, reply: FastifyReply, link: Link, shown: Shown) {
  const { workspace } = request;
  const { form, errors, run, hit } = shown;
  const zone = form.timeZone.trim() || workspace.timeZone;
  const now = new Date();
  const given = new URLSearchParams(form.query);
  // Hits keep no parameters but tags.
  const isLost = (leaf: Leaf) =>
    hit !== null && leaf.what === 'query' && !leaf.name.startsWith('utm_') && !given.has(leaf.name);
  return reply.page('links/simulator/try.eta', {
    title: 'Try a visitor',
    head: linkHead(request, link, 'destinations', now),
    link,
    tab: `${linkPath(`/w/${workspace.slug}`, link)}/destinations`,
    form,
    errors,
    hit,
    isHitGone: shown.isHitGone,
    sentence: run && sentenceOfSimulation(run.simulation),
    simulation: run?.simulation ?? null,
    at: run && errors.timeZone === undefined ? `${formatDateTime(run.at, zone)} (${zone})` : null,
    placeholderOfAt: wallClock(now, workspace.timeZone).toISOString().slice(0, 16),
    rules: (run?.simulation.rules ?? []).map(({ name, outcome, why, when }) => ({
      name,
      outcome,
      why: why && whyOf(why, when, link.domain, isLost),
    })),
    agentPresets,
    deviceLabels,
    channelLabels,
    timeZone: workspace.timeZone,
    isMoreOpen: moreFields.some((name) => form[name] !== '' || errors[name] !== undefined),
  });
}

/** Fields that stand behind More. */
const moreFields = [
  'region',
  'city',
  'device',
  'system',
  'browser',
  'app',
  'userAgent',
  'referrer',
  'channel',
  'query',
  'timeZone',
  'address',
  'entry',
  'who',
  'private',
] as const satisfies readonly (keyof Typed)[];
