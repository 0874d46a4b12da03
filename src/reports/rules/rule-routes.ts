import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Route } from '../../ground/addresses/route.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typed } from '../../ground/http/typed.ts';
import { type AppError, Conflict, Invalid, NotFound, refusalsIn, Refused } from '../../ground/text/errors.ts';
import { getLink, type Link, updateLink } from '../../links/links/queries.ts';
import { linkHead, linkPath } from '../../links/pages/head.ts';
import { readRoutes } from '../../links/routes/read.ts';
import { wordsOfCondition } from '../../links/routes/words.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { getWorkspace } from '../../people/workspaces/queries.ts';
import { loadReplay } from '../replays/load.ts';
import { showReplay, type ShownReplay } from '../replays/replay-words.ts';
import { factGroups, operators } from './rule-facts.ts';
import {
  addedRow,
  digestOfRules,
  mostAddresses,
  mostConditions,
  newRule,
  openRule,
  refuseRows,
  ruleForm,
  sentOf,
  simplified,
  typedRule,
  type TypedRule,
  withoutFaults,
  withOtherParts,
} from './rule-form.ts';
import { suggestValues } from './rule-values.ts';
import { isMadeOf } from './shown-rules.ts';

const params = z.object({ workspace: z.string(), linkId: z.string().regex(/^\w+$/).catch('-') });

/** `new`, or the place of a rule, counted from 1. */
const place = z.union([z.literal('new'), z.coerce.number().int().min(1).max(99)]);
const paramsOfRule = params.extend({ place: place.catch(99) });

const listForm = z.object({ shown: typed, order: typed });

const valuesQuery = z.object({
  what: z.union([typed, z.array(z.string()).transform((all) => all[0] ?? '')]).catch(''),
  values: z.union([typed, z.array(z.string()).transform((all) => all[0] ?? '')]).catch(''),
});

/** The rules of a link: the form of one, and what is done in their list on the tab Destinations. */
export default async function ruleRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, sites, config, isReservedSlug } = app;
  const path = '/w/:workspace/links/:linkId/destinations/rules';
  const toChange = { preHandler: [requireWorkspace, requireRight('changeLinks')], schema: { params } };
  const toChangeOne = { ...toChange, schema: { params: paramsOfRule } };
  const linkOf = (request: FastifyRequest<{ Params: z.output<typeof params> }>) =>
    getLink(db, request.workspace.id, request.params.linkId);

  routes.get(
    `/w/:workspace/links/rule-values`,
    { preHandler: requireWorkspace, schema: { querystring: valuesQuery } },
    (request, reply) => {
      const names = suggestValues(request.query.what, request.query.values);
      return reply.fragment('site/components/_suggestions.eta', { names: names.map((name) => ({ name })) });
    },
  );

  routes.get(`${path}/:place`, toChangeOne, async (request, reply) => {
    const link = await linkOf(request);
    const { timeZone } = request.workspace;
    const at = request.params.place;
    const rule = at === 'new' ? newRule(timeZone) : openRule(ruleAt(link, at), timeZone);
    return showForm(request, reply, link, at, { rule, ...(at === 'new' && { focus: 'condition-0' }) });
  });

  routes.post(`${path}/:place`, toChangeOne, async (request, reply) => {
    const { id: workspaceId } = request.workspace;
    const link = await linkOf(request);
    const at = request.params.place;
    const before = link.routes ?? [];
    return takeForm(
      request,
      reply,
      ruleForm,
      async (form) => {
        const rule = typedRule(form);
        const other = withOtherParts(rule, form.action);
        if (other)
          return showForm(request, reply, link, at, {
            rule: other,
            shown: form.shown,
            focus: addedRow(other, form.action),
          });
        const index = at === 'new' ? before.length : at - 1;
        const context = { db, sites, config, isReservedSlug };
        const routesAfter = await readRule(context, link, index, rule);
        if (form.action === 'replay') {
          const replay = await loadReplay(db, request.workspace, link.id, { draft: routesAfter, now: new Date() });
          return showForm(request, reply, link, at, { rule, shown: form.shown, replay: showReplay(replay) });
        }
        await saveRules(request, link, routesAfter, form.shown);
        reply.flash('success', at === 'new' ? 'The rule is added.' : 'The rule is saved.', workspaceId);
        return reply.redirect(`${tabHref(request, link)}#rule-${index + 1}`, 303);
      },
      async ({ errors }) => {
        const form = ruleForm.parse(request.body);
        return showForm(request, reply, await linkOf(request), at, {
          rule: typedRule(form),
          shown: form.shown,
          errors,
        });
      },
    );
  });

  for (const [word, change, done, step] of [
    ['up', (all: Route[], index: number) => moved(all, index, index - 1), 'The rule comes earlier now.', -1],
    ['down', (all: Route[], index: number) => moved(all, index, index + 1), 'The rule comes later now.', 1],
    ['remove', (all: Route[], index: number) => all.filter((_, each) => each !== index), 'The rule is removed.', null],
  ] as const)
    routes.post(
      `${path}/:place/${word}`,
      { ...toChangeOne, schema: { ...toChangeOne.schema, body: listForm } },
      async (request, reply) => {
        const link = await linkOf(request);
        const at = Number(request.params.place);
        ruleAt(link, at);
        await saveRules(request, link, change(link.routes ?? [], at - 1), request.body.shown);
        reply.flash('success', done, request.workspace.id);
        // Those who go by keyboard move it on from where it is now.
        return reply.redirect(`${tabHref(request, link)}#${step === null ? 'rules' : `rule-${at + step}`}`, 303);
      },
    );

  routes.post(`${path}/order`, { ...toChange, schema: { params, body: listForm } }, async (request, reply) => {
    const link = await linkOf(request);
    const order = request.body.order.split(',').map(Number);
    const sorted = order.flatMap((at) => link.routes?.[at - 1] ?? []);
    if (new Set(order).size !== sorted.length || sorted.length !== link.routes?.length)
      throw new Invalid('The order has to name each rule once.', { field: 'order' });
    await saveRules(request, link, sorted, request.body.shown);
    reply.flash('success', 'The order is saved.', request.workspace.id);
    return reply.redirect(`${tabHref(request, link)}#rules`, 303);
  });

  async function saveRules(request: FastifyRequest, link: Link, after: Route[], shown: string): Promise<void> {
    const change = { routes: after.length > 0 ? after : null };
    await updateLink(db, request.workspace.id, actorOf(request), link.id, change, (now) => {
      refuseOtherRules(now, digestOfRules(link));
      refuseOtherRules(now, shown);
    });
  }
}

const tabHref = ({ workspace }: FastifyRequest, link: Link): string =>
  `${linkPath(`/w/${workspace.slug}`, link)}/destinations`;

/** @throws NotFound */
function ruleAt({ routes }: Link, at: number): Route {
  const route = routes?.[at - 1];
  if (!route) throw new NotFound('There is no such rule any more.');
  return route;
}

function moved(all: readonly Route[], from: number, to: number): Route[] {
  const rest = all.filter((_, index) => index !== from);
  const [route] = all.slice(from, from + 1);
  return route ? rest.toSpliced(Math.max(0, to), 0, route) : rest;
}

/** @throws Conflict where the rules are others than were shown; a program that names none is let through */
function refuseOtherRules(now: Pick<Link, 'routes'>, shown: string): void {
  if (shown === '' || shown === digestOfRules(now)) return;
  throw new Conflict('Somebody else changed the rules meanwhile. Look at them again before you save.', {
    field: 'rule',
    code: 'overtaken',
  });
}

/**
 * All rules of the link with the one that was typed. Beside a fault the rest is read too, so that all are told at once.
 * @throws Refused with the fields of the form
 */
async function readRule(
  context: Parameters<typeof readRoutes>[0],
  link: Link,
  index: number,
  typedOne: TypedRule,
): Promise<Route[]> {
  const faults: AppError[] = [];
  for (let rule: TypedRule | undefined = typedOne; rule; ) {
    try {
      const read = await readWhole(context, link, index, rule);
      if (faults.length === 0) return read;
      break;
    } catch (error) {
      if (!(error instanceof Invalid || error instanceof Refused)) throw error;
      const found = refusalsIn(error);
      faults.push(...found.filter(({ field }) => faults.every((fault) => fault.field !== field)));
      rule = withoutFaults(
        rule,
        found.map(({ field }) => field),
      );
    }
  }
  throw new Refused(faults as [AppError, ...AppError[]]);
}

/** @throws Invalid with the field of the form that is the first at fault, Refused for several shares */
async function readWhole(
  context: Parameters<typeof readRoutes>[0],
  link: Link,
  index: number,
  rule: TypedRule,
): Promise<Route[]> {
  refuseRows(rule);
  const kept = link.routes ?? [];
  const { sent, fieldOf } = sentOf(rule, kept[index]?.to);
  const all: unknown[] = kept.toSpliced(index, 1);
  all.splice(index, 0, sent);
  try {
    const read = await readRoutes(context, link.workspaceId, all);
    return read.map((route, each) => (each === index ? { ...route, when: simplified(route.when) } : route));
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const { field, message, code } = error;
    const path = field?.startsWith(`routes[${index}]`) ? field.slice(`routes[${index}]`.length) : undefined;
    throw new Invalid(message, { field: path === undefined ? 'rule' : fieldOf(path), code });
  }
}

type Showing = {
  rule: TypedRule | undefined;
  shown?: string;
  errors?: Record<string, string>;
  /** The fate that kept clicks would have had by the rule. */
  replay?: ShownReplay;
  /** The row that the cursor stands in, such as `condition-1`. */
  focus?: string | undefined;
};

async function showForm(
  request: FastifyRequest,
  reply: FastifyReply,
  link: Link,
  at: number | 'new',
  showing: Showing,
) {
  const { workspace } = request;
  const route = at === 'new' ? undefined : link.routes?.[at - 1];
  const { rule, shown = digestOfRules(link), errors = {} } = showing;
  const words = route ? wordsOfCondition(route.when) : '';
  return reply.page('reports/rules/edit.eta', {
    title: at === 'new' || !route ? 'New rule' : isMadeOf(route.name, words) ? `Rule ${at}` : `Rule “${route.name}”`,
    head: linkHead(request, link, 'destinations', new Date()),
    link,
    tab: tabHref(request, link),
    action: `${tabHref(request, link)}/rules/${at}`,
    isNew: at === 'new',
    rule,
    condition: words,
    isUnsaved: showing.shown !== undefined,
    replay: showing.replay ?? null,
    focus: showing.focus ?? '',
    shown,
    errors,
    factGroups,
    operators,
    mostConditions,
    mostAddresses,
    valuesSource: `/w/${workspace.slug}/links/rule-values`,
    timeZone: workspace.timeZone,
    appSchemes: (await getWorkspace(request.server.db, workspace.id)).appSchemes,
  });
}
