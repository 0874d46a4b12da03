import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDomain } from '../../src/domains/domains/claims.ts';
import type { Actor } from '../../src/ground/events/actor.ts';
import type { What } from '../../src/ground/events/happened.ts';
import { hashOfSecret } from '../../src/ground/text/secret.ts';
import { openClickIds } from '../../src/visitors/conversions/click-id.ts';
import { archiveLink, updateLink } from '../../src/links/links/queries.ts';
import { ensureTags } from '../../src/links/links/tags.ts';
import { startEmailChange } from '../../src/people/accounts/email-change.ts';
import { insertInvitation } from '../../src/people/workspaces/invitations.ts';
import { type Client, openClient } from '../people/keys/client.ts';
import { byTest } from '../setup/actor.ts';
import { type Answer, type Ask, type Person, startTestApp, type TestApp } from '../setup/app.ts';
import { joinWorkspace } from '../setup/membership.ts';
import { eventsAfter, type KeptEvent, lastEvent } from '../setup/events.ts';
import { makeParams, type Place } from './fixtures.ts';
import { leastRoles } from './least-roles.ts';

/** Each route that changes something is asked to, and its event is looked for; who is refused makes none. */

let app: TestApp;
let ada: Person;
let stranger: Person;
let client: Client;
let place: Place;
let adaId: string;

beforeAll(async () => {
  app = await startTestApp();
  [ada, stranger] = [await app.signUp('Ada'), await app.signUp('Stranger')];
  adaId = await idOf(ada);
  place = { app, ownerId: adaId, slug: ada.workspace.slug, workspaceId: ada.workspace.id };
  client = await openClient(app, ada);
});
afterAll(() => app.close());

async function idOf({ email }: Person): Promise<string> {
  const { rows } = await app.db.execute<{ id: string }>(sql`select id from users where email = ${email}`);
  return rows[0]?.id ?? '';
}

const word = () => randomBytes(5).toString('hex');

type Params = Record<string, string>;
type Case = {
  /** What its request makes, in order. */
  makes: What[];
  form?: Record<string, string>;
  body?: unknown;
  /** Makes what it needs besides the parameters, or other ones. */
  prepare?: (params: Params) => Promise<Pick<Case, 'form' | 'body'> & { params?: Params; person?: Person }>;
  /** Somebody without an account, who is known by this name or by what they make. */
  reader?: 'recipient' | 'new account' | 'owner of the link';
};

/** Begins a test of a link. */
async function splitInTwo(linkId: string, isPaused: boolean) {
  const versions = [null, 'https://example.com/b'].map((url) => ({ url, weight: 1 }));
  await updateLink(app.db, place.workspaceId, byTest, linkId, { split: { versions, endsAt: null, isPaused } });
  return {};
}

/** A WebP of one pixel, as far as its first chunk; its bytes are the same as text. */
const picture = Buffer.from('RIFF\0\0\0\0WEBPVP8X'.padEnd(30, '\0'));

async function hostOf(id: string): Promise<string> {
  const { rows } = await app.db.execute<{ host: string }>(sql`select host from domains where id = ${id}`);
  return rows[0]?.host ?? '';
}

async function nameOfPlace(): Promise<string> {
  const { rows } = await app.db.execute<{ name: string }>(
    sql`select name from workspaces where id = ${place.workspaceId}`,
  );
  return rows[0]?.name ?? '';
}

const newDomain = async () => (await claimDomain(app.db, place.workspaceId, byTest, `${word()}.example.com`)).claim.id;
const another = async () => ({ person: await app.signUp('Grace') });
const newPassword = 'brand new words';
const secrets = [newPassword];

/** What routes make that change something, by their name in the table of least roles; a text says why there is no event. */
const cases: Record<string, Case | string> = {
  'short POST /*': 'visitors change nothing',
  'short PUT /*': 'visitors change nothing',
  'short PATCH /*': 'visitors change nothing',
  'short DELETE /*': 'visitors change nothing',
  'POST /log-in': 'sessions are no events',
  'POST /log-out': 'sessions are no events',
  'POST /account/security/sessions/end-others': 'sessions are no events',
  'POST /account/security/sessions/:sessionId/end': 'sessions are no events',
  'POST /profile/name': 'it leads on to the address of today',
  'POST /profile/email': 'it leads on to the address of today',
  'POST /profile/password': 'it leads on to the address of today',
  'POST /profile/sessions/end-others': 'it leads on to the address of today',
  'POST /profile/sessions/:sessionId/end': 'it leads on to the address of today',
  'POST /forgot-password': 'a mail is sent, and nothing changes',
  'POST /w/:workspace/setup/hide': 'it changes what one person sees',
  'POST /w/:workspace/setup/show': 'it changes what one person sees',
  'POST /r/:token': 'a password is shown, and nothing changes',
  'POST /w/:workspace/domains/:id/visitor-page': 'a page is shown, and nothing changes',
  'POST /admin/mail/:mailId/retry': 'a mail is tried again, and nothing changes',

  'POST /sign-up': {
    makes: ['account.created', 'workspace.created'],
    form: { name: 'Joan', email: `${word()}@example.com`, password: newPassword },
    reader: 'new account',
  },
  'POST /reset-password': {
    makes: ['account.password_changed'],
    reader: 'owner of the link',
    async prepare() {
      const token = word();
      const identifier = hashOfSecret(`reset-password:${token}`).toString('base64url');
      const id = await idOf(await app.signUp('Owner'));
      await app.db.execute(sql`
insert into verifications (id, identifier, value, expires_at) values (${token}, ${identifier}, ${id}, now() + interval '1 hour')`);
      secrets.push(token);
      return { form: { token, password: newPassword } };
    },
  },
  'POST /confirm-email': {
    makes: ['account.changed'],
    reader: 'owner of the link',
    async prepare() {
      const userId = await idOf(await app.signUp('Owner'));
      const { rows } = await app.db.execute<{ id: string }>(sql`select id from sessions where user_id = ${userId}`);
      const asker = { userId, sessionId: rows[0]?.id ?? '' };
      const token = await startEmailChange(app.db, byTest, asker, `${word()}@example.com`);
      secrets.push(token);
      return { form: { token } };
    },
  },
  'POST /account/name': { makes: ['account.changed'], form: { name: 'Grace Hopper' }, prepare: another },
  'POST /account/email': {
    makes: ['account.email_asked'],
    async prepare() {
      const person = await app.signUp('Grace');
      return { person, form: { email: `${word()}@example.com`, emailPassword: person.password } };
    },
  },
  'POST /account/security/password': {
    makes: ['account.password_changed'],
    async prepare() {
      const person = await app.signUp('Grace');
      return { person, form: { currentPassword: person.password, newPassword } };
    },
  },
  'POST /account/delete': {
    makes: ['account.deletion_asked'],
    async prepare() {
      const person = await app.signUp('Grace');
      return { person, form: { email: person.email, password: person.password } };
    },
  },
  'POST /account/keep': {
    makes: ['account.kept'],
    async prepare() {
      const person = await app.signUp('Grace');
      await app.db.execute(sql`update users set deletion_at = now() + interval '1 day' where email = ${person.email}`);
      return { person };
    },
  },
  'POST /w/:workspace/invitations': {
    makes: ['invitation.created'],
    form: { email: `${word()}@example.com`, role: 'member' },
  },
  'POST /w/:workspace/invitations/:invitationId/resend': { makes: ['invitation.renewed'] },
  'POST /w/:workspace/invitations/:invitationId/withdraw': { makes: ['invitation.deleted'] },
  'POST /w/:workspace/members/:userId/role': { makes: ['member.changed'], form: { role: 'member' } },
  'POST /w/:workspace/members/:userId/remove': { makes: ['member.removed'] },
  'POST /w/:workspace/members/leave': {
    makes: ['member.removed'],
    async prepare() {
      const { person } = await another();
      await joinWorkspace(app, person, ada, 'viewer');
      return { person };
    },
  },
  'POST /invitations/:token': {
    makes: ['member.joined'],
    async prepare() {
      const { person } = await another();
      const invitation = { email: person.email, role: 'viewer' } as const;
      const { secret } = app.config;
      const { token } = await insertInvitation(app.db, place.workspaceId, byTest, invitation, secret);
      secrets.push(token);
      return { person, params: { token } };
    },
  },
  'POST /workspaces/new': { makes: ['workspace.created'], form: { name: 'Second', timeZone: 'UTC' } },
  'POST /w/:workspace/settings': {
    makes: ['workspace.changed'],
    prepare: async () => ({ form: { name: `Name ${word()}`, slug: place.slug, timeZone: 'UTC' } }),
  },
  'POST /w/:workspace/settings/delete': {
    makes: ['workspace.deletion_asked'],
    prepare: async () => ({ form: { name: await nameOfPlace() } }),
  },
  'POST /w/:workspace/settings/keep': { makes: ['workspace.kept'] },

  'POST /w/:workspace/links': {
    makes: ['tag.created', 'link.created'],
    form: { url: 'https://example.com/', tags: `new ${word()}` },
  },
  'POST /w/:workspace/links/several/check': 'a list is looked at, and nothing changes',
  'POST /api/v1/links/:id/simulations': 'nobody visits, and nothing changes',
  'POST /api/v1/links/:id/replays': 'clicks are counted in another way, and nothing changes',
  'POST /w/:workspace/links/several': {
    makes: ['tag.created', 'link.created'],
    form: { url: 'https://example.com/several', allTags: word(), action: 'make' },
  },
  'POST /w/:workspace/templates': { makes: ['tag.created', 'template.created'], form: { name: word(), tags: word() } },
  'POST /w/:workspace/templates/:templateId': { makes: ['template.changed'], form: { name: word() } },
  'POST /w/:workspace/templates/:templateId/delete': { makes: ['template.deleted'] },
  'POST /w/:workspace/links/:linkId/edit': { makes: ['link.changed'], form: { title: 'Changed' } },
  'POST /w/:workspace/links/:linkId/destinations': {
    makes: ['link.changed'],
    form: { url: 'https://example.com/b', weight: '50' },
  },
  'POST /w/:workspace/links/:linkId/destinations/pause': {
    makes: ['link.changed'],
    prepare: ({ linkId = '' }) => splitInTwo(linkId, false),
  },
  'POST /w/:workspace/links/:linkId/destinations/continue': {
    makes: ['link.changed'],
    prepare: ({ linkId = '' }) => splitInTwo(linkId, true),
  },
  'POST /w/:workspace/links/:linkId/destinations/end': {
    makes: ['link.changed'],
    form: { winner: '2' },
    prepare: ({ linkId = '' }) => splitInTwo(linkId, false),
  },
  'POST /w/:workspace/links/:linkId/destinations/rules/:place': {
    makes: ['link.changed'],
    form: { what: 'country', is: 'one_of', values: 'Germany', url: 'https://example.com/de' },
  },
  'POST /w/:workspace/links/:linkId/destinations/rules/:place/up': { makes: ['link.changed'], form: { shown: '' } },
  'POST /w/:workspace/links/:linkId/destinations/rules/:place/down': { makes: ['link.changed'], form: { shown: '' } },
  'POST /w/:workspace/links/:linkId/destinations/rules/:place/remove': { makes: ['link.changed'], form: { shown: '' } },
  'POST /w/:workspace/links/:linkId/destinations/rules/order': {
    makes: ['link.changed'],
    form: { order: '3,2,1', shown: '' },
  },
  'POST /w/:workspace/links/:linkId/archive': { makes: ['link.archived'] },
  'POST /w/:workspace/links/:linkId/restore': {
    makes: ['link.restored'],
    async prepare({ linkId = '' }) {
      await archiveLink(app.db, place.workspaceId, byTest, linkId);
      return {};
    },
  },
  'POST /w/:workspace/links/:linkId/delete': { makes: ['link.deleted'] },
  'POST /w/:workspace/links/bulk': {
    makes: ['link.archived', 'link.archived'],
    async prepare() {
      const ids = [1, 2].map(async () => (await makeParams(place, '/links/:linkId', adaId))['linkId']);
      return { form: { action: 'archive', links: (await Promise.all(ids)).join(' ') } };
    },
  },
  'POST /w/:workspace/history/undo': {
    makes: ['link.changed'],
    async prepare() {
      const { requestId = '' } = await makeParams(place, '/requests/:requestId', adaId);
      return { form: { request: requestId } };
    },
  },
  'POST /w/:workspace/history/:eventId/undo': { makes: ['link.changed'] },
  'POST /w/:workspace/history/requests/:requestId/undo': { makes: ['link.changed'] },
  'POST /w/:workspace/tags/:tagId': {
    makes: ['tag.changed'],
    prepare: async () => ({ form: { name: word(), colour: 'red' } }),
  },
  'POST /w/:workspace/tags/:tagId/merge': {
    makes: ['tag.merged'],
    async prepare() {
      const into = word();
      const [sure = ''] = await ensureTags(app.db, place.workspaceId, byTest, [into]);
      return { form: { into, sure } };
    },
  },
  'POST /w/:workspace/tags/:tagId/delete': { makes: ['tag.deleted'] },
  'POST /w/:workspace/views': {
    makes: ['view.created'],
    prepare: async () => ({ form: { name: word(), address: `/w/${place.slug}/reports?period=30d` } }),
  },
  'POST /w/:workspace/views/:viewId': { makes: ['view.changed'], prepare: async () => ({ form: { name: word() } }) },
  'POST /w/:workspace/views/:viewId/delete': { makes: ['view.deleted'] },
  'POST /w/:workspace/conversions': { makes: ['goal.created'], prepare: async () => ({ form: { goal: word() } }) },
  'POST /w/:workspace/conversions/:goalId': { makes: ['goal.changed'], form: { name: 'Renamed', isServerOnly: 'yes' } },
  'POST /w/:workspace/conversions/:goalId/delete': { makes: ['goal.deleted'] },
  'POST /w/:workspace/conversions/postback/replace': { makes: ['postback.replaced'] },
  'POST /api/v1/goals': { makes: ['goal.created'], prepare: async () => ({ body: { name: word() } }) },
  'PATCH /api/v1/goals/:id': { makes: ['goal.changed'], prepare: async () => ({ body: { name: word() } }) },
  'DELETE /api/v1/goals/:id': { makes: ['goal.deleted'] },
  'POST /px/convert': 'conversions are counted like hits, and are no events',
  'POST /pb/:secret': 'conversions are counted like hits, and are no events',
  'POST /api/v1/conversions': {
    makes: ['goal.created'],
    async prepare() {
      const { linkId = '' } = await makeParams(place, '/links/:linkId', adaId);
      const clickId = openClickIds(app.config.secret).write({ linkId, clickedAt: Date.now(), id: 1 });
      return { body: { clickId, goal: word() } };
    },
  },
  'POST /w/:workspace/notes': { makes: ['note.created'], form: { day: '2026-11-01', text: 'Sale begins' } },
  'POST /w/:workspace/notes/:noteId/delete': { makes: ['note.deleted'], form: { back: '' } },
  'POST /w/:workspace/campaigns': { makes: ['campaign.created'], prepare: async () => ({ form: { name: word() } }) },
  'POST /w/:workspace/campaigns/:campaignId/edit': {
    makes: ['campaign.changed'],
    prepare: async () => ({ form: { name: word(), goal: '12' } }),
  },
  'POST /w/:workspace/campaigns/:campaignId/delete': { makes: ['campaign.deleted'] },
  'POST /w/:workspace/shares': { makes: ['share.created'], form: { title: 'Shared', password: newPassword } },
  'POST /w/:workspace/shares/:shareId/end': { makes: ['share.deleted'] },
  'POST /w/:workspace/mailings': {
    makes: ['mailing.created'],
    form: { every: 'week', recipient: `${word()}@example.com` },
  },
  'POST /w/:workspace/mailings/:mailingId/end': { makes: ['mailing.deleted'] },
  'POST /mailings/:mailingId/:token/start': { makes: ['mailing.confirmed'], reader: 'recipient' },
  'POST /mailings/:mailingId/:token/stop': { makes: ['mailing.deleted'], reader: 'recipient' },
  'POST /w/:workspace/domains': {
    makes: ['domain.created'],
    prepare: async () => ({ form: { host: `${word()}.example.com` } }),
  },
  'POST /w/:workspace/domains/:domainId/check': {
    makes: ['domain.checked'],
    prepare: async () => ({ params: { domainId: await newDomain() } }),
  },
  'POST /w/:workspace/domains/:id/brand': { makes: ['domain.changed'], form: { brandName: 'Acme', removeLogo: 'on' } },
  'POST /w/:workspace/domains/:id/redirects': { makes: ['domain.changed'], form: { redirectStatus: '301' } },
  'POST /w/:workspace/domains/:id/apps': { makes: ['domain.changed'], form: { robotsTxt: 'User-agent: *' } },
  'POST /w/:workspace/domains/:id/remove': {
    makes: ['domain.deleted'],
    prepare: async ({ id = '' }) => ({ form: { host: await hostOf(id) } }),
  },
  'POST /w/:workspace/keys': { makes: ['key.created'], form: { name: 'Robot' } },
  'POST /w/:workspace/keys/:keyId/delete': { makes: ['key.deleted'] },

  'POST /api/v1/links': { makes: ['link.created'], body: { url: 'https://example.com/' } },
  'PATCH /api/v1/links/:id': {
    makes: ['link.changed', 'link.archived'],
    body: { title: 'Changed', archived: true },
  },
  'DELETE /api/v1/links/:id': { makes: ['link.deleted'] },
  'POST /api/v1/views': {
    makes: ['view.created'],
    prepare: async () => ({ body: { name: word(), url: `/w/${place.slug}/reports?period=7d` } }),
  },
  'DELETE /api/v1/views/:id': { makes: ['view.deleted'] },
  'POST /api/v1/campaigns': { makes: ['campaign.created'], prepare: async () => ({ body: { name: word() } }) },
  'PATCH /api/v1/campaigns/:id': { makes: ['campaign.changed'], body: { goal: 7 } },
  'DELETE /api/v1/campaigns/:id': { makes: ['campaign.deleted'] },
  'POST /api/v1/domains': {
    makes: ['domain.created'],
    prepare: async () => ({ body: { host: `${word()}.example.com` } }),
  },
  'POST /api/v1/domains/:id/verify': {
    makes: ['domain.checked'],
    prepare: async () => ({ params: { id: await newDomain() } }),
  },
  'PATCH /api/v1/domains/:id': { makes: ['domain.changed'], body: { brandName: 'Acme' } },
  'DELETE /api/v1/domains/:id': { makes: ['domain.deleted'] },
  'PUT /api/v1/domains/:id/logo': { makes: ['domain.changed'] },
  'DELETE /api/v1/domains/:id/logo': { makes: ['domain.changed'] },
};

const changing = Object.keys(leastRoles).filter((name) => !/^(?:short )?(?:GET|OPTIONS) /.test(name));
const walked = Object.entries(cases).filter((entry): entry is [string, Case] => typeof entry[1] !== 'string');

let asked = 0;

async function ask(name: string, { params, form, body, headers }: Ask & { params: Params }): Promise<Answer> {
  const [method = '', url = ''] = name.split(' ');
  const path = url.replaceAll(/:(\w+)/g, (_, parameter: string) => params[parameter] ?? '');
  const isPicture = name.startsWith('PUT ');
  const sent = isPicture
    ? { body: picture.toString(), headers: { 'content-type': 'image/webp' } }
    : { ...(body === undefined ? form && { form } : { body }), headers: {} };
  // From an address of its own: limits count addresses.
  const from = { 'x-forwarded-for': `198.51.100.${++asked % 250}` };
  return app.ask(path, { method, ...sent, headers: { ...sent.headers, ...headers, ...from } });
}

const stateOf = ({ status, headers }: Answer) => `${status} ${headers.location ?? ''}`;

function actorOf(isKey: boolean, person: Person, id: string, reader: Case['reader']): Partial<Actor> {
  if (isKey) return { kind: 'key', id: client.keyId, name: 'Test', via: 'api' };
  if (reader === 'recipient') return { kind: 'person', id: null, via: 'page' };
  if (reader) return { kind: 'person', name: reader === 'new account' ? 'Joan' : 'Owner', via: 'page' };
  return { kind: 'person', id, name: person.name, via: 'page' };
}

describe('every route that changes something', () => {
  it('stands in the table above, and the table names no other', () => {
    expect(Object.keys(cases).toSorted()).toEqual(changing.toSorted());
  });

  it.each(walked)('%s', async (name, { makes, reader, ...given }) => {
    const url = name.split(' ')[1] ?? '';
    const made = await makeParams(place, url, adaId);
    const { params, person = ada, ...prepared } = (await given.prepare?.(made)) ?? {};
    const isKey = url.startsWith('/api/');
    const request = { ...given, ...prepared, params: { ...made, ...params } };
    const before = await lastEvent(app.db);

    // Whom the secret of the address lets in is no stranger.
    if (!reader && leastRoles[name] !== 'user') {
      const cookie = { cookie: stranger.cookie };
      const refused = await ask(name, { ...request, headers: isKey ? { authorization: 'Bearer wm_none' } : cookie });
      expect(refused.status).toBe(isKey ? 401 : 404);
      expect(await eventsAfter(app.db, before)).toEqual([]);
    }

    const credentials = isKey ? { authorization: `Bearer ${client.key}` } : { cookie: person.cookie };
    const answer = await ask(name, { ...request, headers: reader ? {} : credentials });
    expect(answer.status, stateOf(answer) + answer.text.slice(0, 300)).toBeLessThan(400);
    const events = await eventsAfter(app.db, before);
    expect(events.map(({ what }) => what)).toEqual(makes);
    const ways = { '/links/bulk': 'bulk', '/undo': 'undo' } as const;
    const via = Object.entries(ways).flatMap(([end, way]) => (name.endsWith(end) ? [{ via: way }] : []))[0];
    for (const event of events) {
      expect(event).toMatchObject({ ...actorOf(isKey, person, await idOf(person), reader), ...via });
      const network = reader === 'recipient' ? null : '198.51.100.0/24';
      expect(event).toMatchObject({ network, requestId: events[0]?.requestId });
      expect(event.requestId).toMatch(/^[\w-]{9,}$/);
      expect(event.targetName).not.toBe('');
      const isOfNone = event.what.startsWith('account.');
      const isNew = event.what === 'workspace.created';
      if (!isNew) expect(event.workspaceId).toBe(isOfNone ? null : place.workspaceId);
    }
  });

  it('kept no secret of all that was sent and made', async () => {
    const kept = JSON.stringify(await eventsAfter(app.db, 0));
    expect(kept.length).toBeGreaterThan(10_000);
    for (const secret of [...secrets, client.key, ada.password]) expect(kept).not.toContain(secret);
    expect(kept).not.toMatch(/wm_[\w-]{10,}|198\.51\.100\.[1-9]/);
    const names = new Set(
      (JSON.parse(kept) as KeptEvent[]).flatMap((event) => Object.keys({ ...event.before, ...event.after })),
    );
    expect([...names].filter((field) => /hash|token|secret|passwordHash/i.test(field))).toEqual([]);
  });

  it('fills who made a link from it, also by a key', async () => {
    const { rows } = await app.db.execute<{ by: string }>(sql`
select distinct l.created_by as by from links l join events e on e.target_id = l.id and e.what = 'link.created' and e.via = 'api'`);
    expect(rows).toEqual([{ by: adaId }]);
  });
});
