import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { reportHref } from '../addresses/address.ts';
import { type Filter, filterText } from '../counts/filter.ts';
import { filterQuery, filtersAgain } from '../counts/filter-query.ts';
import { describeFilters, readKeptFilters, sayKeptFilters } from '../pages/kept-filters.ts';
import { openKept, type SubjectFields, subjectFields, subjectQuery } from '../counts/subjects.ts';
import { emailAddress } from '../../ground/text/email-address.ts';
import { LimitReached, NotFound } from '../../ground/text/errors.ts';
import { aboutMail } from '../../ground/mail/mail.ts';
import { makeOnce } from '../../ground/http/once.ts';
import { waitBeyondEverywhere } from '../../ground/http/rate-limit.ts';
import { takeForm } from '../../ground/http/forms.ts';
import { typedValues } from '../../ground/http/typed.ts';
import { actorOf } from '../../people/workspaces/actor.ts';
import { requireRight, requireWorkspace } from '../../people/workspaces/guards.ts';
import { mayDo } from '../../people/workspaces/roles.ts';
import { rhythms, rhythmWords } from './calendar.ts';
import { askForYesMail, narrowedName } from './emails.ts';
import {
  confirmMailing,
  findMailingOfReader,
  insertMailing,
  listMailings,
  removeMailing,
  removeMailingOfReader,
} from './queries.ts';
import { isMailingToken, mailingToken } from './token.ts';

const place = z.object({ workspace: z.string() });
const query = subjectQuery.extend({ f: filterQuery('f') });

/** The query of a report that is to be mailed. */
type Asked = SubjectFields & { f: readonly Filter[] };
const mailingForm = subjectFields.extend({
  f: filterQuery('f'),
  every: z.enum(rhythms, 'Choose weekly or monthly.'),
  recipient: emailAddress,
});
const readerParams = z.object({ mailingId: z.string().regex(/^\w+$/), token: z.string().regex(/^[\w-]{43}$/) });

/** Reports by mail: where a workspace plans them, and where their readers say yes or stop them without an account. */
export default async function mailingRoutes(app: FastifyInstance): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { db, config, mailer } = app;
  // A mail to somebody who did not ask for it; ending and planning anew sends no more of them.
  const waitOfQuestions = waitBeyondEverywhere(app, {
    name: 'questions to readers',
    max: 60,
    windowMs: 60 * 60_000,
    keyOf: (request) => request.workspace.id,
  });
  const pageOf = (id: string) => `${config.appUrl}/mailings/${id}/${mailingToken(config.secret, id)}`;

  async function showMailings(request: FastifyRequest, reply: FastifyReply, asked: Asked, errors = {}) {
    const { id, role, timeZone, weekStartsOn } = request.workspace;
    const words = rhythmWords(weekStartsOn);
    return reply.page('reports/mailings/index.eta', {
      about: await openKept(db, request.workspace, asked),
      filterTexts: asked.f.map(filterText),
      chips: await describeFilters(db, id, asked.f),
      mailings: await sayKeptFilters(db, id, await listMailings(db, id)),
      canChange: mayDo(role, 'sendReports'),
      isDelivering: mailer.isDelivering,
      rhythms: rhythms.map((every) => ({ every, ...words[every] })),
      rhythmWords: words,
      values: { recipient: request.user?.email, every: 'week', ...typedValues(request.body) },
      errors,
      timeZone,
    });
  }

  routes.get(
    '/w/:workspace/mailings',
    { preHandler: requireWorkspace, schema: { params: place, querystring: query } },
    (request, reply) => showMailings(request, reply, request.query),
  );

  routes.post(
    '/w/:workspace/mailings',
    {
      preHandler: [requireWorkspace, requireRight('sendReports')],
      schema: { params: place },
      // Each may be a mail to somebody who did not ask for it.
      config: { rateLimit: { max: 20, timeWindow: '1 hour' } },
    },
    async (request, reply) => {
      const { id: workspaceId, slug, weekStartsOn } = request.workspace;
      return takeForm(
        request,
        reply,
        mailingForm,
        async (form) => {
          const { every, recipient, f: filters } = form;
          const { subject, name, field } = await openKept(db, request.workspace, form);
          const mailing = { subject, filters, every, recipient };
          const { when } = rhythmWords(weekStartsOn)[every];
          const about = narrowedName(name, await describeFilters(db, workspaceId, filters));
          const { made, isRepeated } = await makeOnce(request, async (tx) => {
            const planned = await insertMailing(tx, workspaceId, actorOf(request), mailing);
            if (planned.needsYes && (await waitOfQuestions(request, tx)) > 0)
              throw new LimitReached('You asked many readers within an hour. Try again in an hour.', {
                field: 'recipient',
              });
            if (!planned.needsYes) return { ...planned, mailId: '' };
            // With the plan, so that a stop in between loses neither.
            const question = { subject: about, every, when, url: pageOf(planned.id) };
            return { ...planned, mailId: String(await mailer.enqueue(tx, askForYesMail(recipient, question))) };
          });
          if (made.needsYes) {
            const fate = isRepeated ? '' : await aboutMail(mailer.deliver(Number(made.mailId)));
            reply.flash('success', `We ask ${recipient} whether they want it. It begins when they say yes.${fate}`);
          } else reply.flash('success', `The report goes to ${recipient} from now on, ${when}.`);
          const asked = field ? { [field.name]: field.value } : {};
          return reply.redirect(reportHref(`/w/${slug}/mailings`, { filters }, asked), 303);
        },
        ({ errors }) => {
          const asked = { ...subjectQuery.parse(typedValues(request.body)), f: filtersAgain(request.body) };
          return showMailings(request, reply, asked, errors);
        },
      );
    },
  );

  routes.post(
    '/w/:workspace/mailings/:mailingId/end',
    {
      preHandler: [requireWorkspace, requireRight('sendReports')],
      schema: { params: place.extend({ mailingId: z.string().regex(/^\w+$/) }) },
    },
    async (request, reply) => {
      const recipient = await removeMailing(db, request.workspace.id, actorOf(request), request.params.mailingId);
      return reply
        .flash('success', `This report does not go to ${recipient} any more.`)
        .redirect(`/w/${request.workspace.slug}/mailings`, 303);
    },
  );

  // Opening a mailed link changes nothing; the buttons there do.
  routes.get('/mailings/:mailingId/:token', { schema: { params: readerParams } }, async (request, reply) => {
    const { mailingId, token } = checked(request.params);
    const mailing = await findMailingOfReader(db, mailingId);
    const filters = mailing && readKeptFilters(mailing.filters);
    return reply.header('referrer-policy', 'same-origin').page('reports/mailings/reader.eta', {
      mailing,
      chips: mailing && filters ? await describeFilters(db, mailing.workspaceId, filters) : [],
      path: `/mailings/${mailingId}/${token}`,
      rhythmWords: rhythmWords(mailing?.weekStartsOn ?? 1),
    });
  });

  routes.post('/mailings/:mailingId/:token/start', { schema: { params: readerParams } }, async (request, reply) => {
    const { mailingId, token } = checked(request.params);
    await confirmMailing(db, actorOf(request), mailingId);
    return reply.redirect(`/mailings/${mailingId}/${token}`, 303);
  });

  routes.post('/mailings/:mailingId/:token/stop', { schema: { params: readerParams } }, async (request, reply) => {
    const { mailingId, token } = checked(request.params);
    await removeMailingOfReader(db, actorOf(request), mailingId);
    return reply.redirect(`/mailings/${mailingId}/${token}`, 303);
  });

  function checked(params: z.output<typeof readerParams>) {
    if (!isMailingToken(config.secret, params.mailingId, params.token)) throw new NotFound();
    return params;
  }
}
