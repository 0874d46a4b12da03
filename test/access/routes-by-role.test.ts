import { randomInt } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import http from 'node:http';
import { sql } from 'drizzle-orm';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertApiKey } from '../../src/people/keys/keys.ts';
import { type Role, roles } from '../../src/people/workspaces/roles.ts';
import { byPerson } from '../setup/actor.ts';
import { type Person, startTestApp, type TestApp } from '../setup/app.ts';
import { joinWorkspace } from '../setup/membership.ts';
import { makeParams, type Place } from './fixtures.ts';
import { type Least, leastRoles } from './least-roles.ts';

/** Each route of the real server is asked by everybody there is: who may less than its least role says is refused, the others are not. */

type Actor = 'stranger' | 'owner of another workspace' | 'instance admin' | Role;
const actors: readonly Actor[] = ['stranger', 'owner of another workspace', 'instance admin', ...roles];

type Route = { name: string; method: string; url: string; isShort: boolean };

const collected: RouteOptions[] = [];
const watchRoutes = (message: unknown) => {
  const { fastify } = message as { fastify: FastifyInstance };
  fastify.addHook('onRoute', (route) => void collected.push(route));
};

const askToken = 'a token for the question about names';

let app: TestApp;
let place: Place;
let stylesheet: string;
const people = new Map<Actor, Person>();
const ids = new Map<Actor, string>();
const keys = { member: '', admin: '', theirs: '' };

beforeAll(async () => {
  // Fastify says on this channel that an app was made: the routes are collected without a word of this in the server.
  subscribe('fastify.initialization', watchRoutes);
  app = await startTestApp({ TLS_ASK_TOKEN: askToken });
  unsubscribe('fastify.initialization', watchRoutes);
  // The first account looks after the instance.
  for (const actor of ['instance admin', 'owner', 'owner of another workspace', 'admin', 'member', 'viewer'] as const) {
    const person = await app.signUp(actor);
    people.set(actor, person);
    const { rows } = await app.db.execute<{ id: string }>(sql`select id from users where email = ${person.email}`);
    ids.set(actor, rows[0]?.id ?? '');
  }
  const [owner, other] = [personOf('owner'), personOf('owner of another workspace')];
  for (const role of ['viewer', 'member', 'admin'] as const) await joinWorkspace(app, personOf(role), owner, role);
  const ownerId = ids.get('owner') ?? '';
  place = { app, ownerId, slug: owner.workspace.slug, workspaceId: owner.workspace.id };
  const makeKey = async (actor: Actor, workspaceId: string) =>
    (await insertApiKey(app.db, workspaceId, byPerson(ids.get(actor) ?? null), { name: actor })).key;
  keys.member = await makeKey('member', place.workspaceId);
  keys.admin = await makeKey('admin', place.workspaceId);
  keys.theirs = await makeKey('owner of another workspace', other.workspace.id);
  stylesheet = /href="\/assets\/([^"?]+\.css)/.exec((await app.ask('/log-in')).text)?.[1] ?? '';
});
afterAll(() => app.close());

function personOf(actor: Actor): Person {
  const person = people.get(actor);
  if (!person) throw new Error(`There is no ${actor}`);
  return person;
}

/** One for each method; HEAD is answered by what answers GET. */
function routes(): Route[] {
  return collected.flatMap(({ method, url, constraints }) => {
    const isShort = (constraints as { site?: string } | undefined)?.site === 'short';
    return [method].flat().flatMap((verb) => {
      if (verb === 'HEAD') return [];
      return [{ name: `${isShort ? 'short ' : ''}${verb} ${url}`, method: verb, url, isShort }];
    });
  });
}

/** What forms and programs send, so that nobody is refused for that. One body for all: what a route does not know it leaves aside. */
function fieldsOf({ url }: Route): Record<string, string> {
  const word = randomInt(1e9).toString(36);
  const isSettings = url === '/w/:workspace/settings';
  return {
    url: 'https://example.com/',
    title: 'Title',
    day: '2026-11-01',
    text: 'Text',
    every: 'week',
    name: `Name ${word}`,
    email: `${word}@example.com`,
    recipient: `${word}@example.com`,
    host: `${word}.example.com`,
    timeZone: 'UTC',
    action: 'archive',
    role: 'viewer',
    ...(isSettings ? { slug: place.slug } : {}),
  };
}

/** Programs are refused for properties that a route does not know. */
function jsonOf(route: Route): string {
  if (route.name === 'POST /api/v1/domains') return JSON.stringify({ host: fieldsOf(route).host });
  return JSON.stringify(route.name === 'POST /api/v1/links/:id/replays' ? { routes: null } : {});
}

function queryOf({ url }: Route): string {
  if (url === '/internal/tls-allowed') return `?domain=${new URL(app.url).hostname}`;
  return url.endsWith('/values') ? '?by=country' : '';
}

type Ask = { params: Record<string, string>; cookie?: string; key?: string; isNextDoor?: boolean };
type Got = { status: number; location: string };

/** Only the head of the answer is read: event streams have no end. */
function send(route: Route, { params, cookie, key, isNextDoor = false }: Ask): Promise<Got> {
  const path = route.url
    .replaceAll(/:(\w+)(?:\([^)]*\))?/g, (_, name: string) => params[name] ?? '')
    .replace('*', stylesheet)
    .concat(queryOf(route));
  const hasBody = !['GET', 'DELETE', 'OPTIONS'].includes(route.method);
  const isApi = route.url.startsWith('/api/');
  const body = isApi ? jsonOf(route) : new URLSearchParams(fieldsOf(route)).toString();
  const headers: http.OutgoingHttpHeaders = { host: route.isShort ? app.shortHost : new URL(app.url).host };
  // Each request from an address of its own: many limits count addresses.
  if (!isNextDoor) headers['x-forwarded-for'] = `198.51.${randomInt(256)}.${randomInt(256)}`;
  if (cookie) headers.cookie = cookie;
  if (key) headers.authorization = `Bearer ${key}`;
  if (hasBody) {
    headers['content-type'] = isApi ? 'application/json' : 'application/x-www-form-urlencoded';
    headers['content-length'] = Buffer.byteLength(body);
  }
  return new Promise((resolve, reject) => {
    const { port } = new URL(app.url);
    const options = { host: '127.0.0.1', port, path, method: route.method, headers, agent: false };
    const request = http.request(options, (response) => {
      resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '' });
      response.destroy();
    });
    request.on('error', reject);
    request.end(hasBody ? body : undefined);
  });
}

/** What visitors meet on a short host may well not be there, and `/` leads to the log-in; neither depends on who asks. */
function isRefused(route: Route, { status, location }: Got): boolean {
  const isPublic = leastRoles[route.name] === 'public';
  if (status === 404) return !(isPublic && route.isShort);
  return status === 401 || status === 403 || (!isPublic && location.startsWith('/log-in'));
}

function isEnough(actor: Actor, least: Least): boolean {
  if (least === 'public') return true;
  if (least === 'user') return actor !== 'stranger';
  if (least === 'instance admin') return actor === least;
  const [has, needs] = [roles.indexOf(actor as Role), roles.indexOf(least as Role)];
  return needs !== -1 && has >= needs;
}

/** Puts everybody back into the role they had: some routes take it from them. */
async function restoreRoles(): Promise<void> {
  for (const role of roles)
    await app.db.execute(sql`
insert into members (workspace_id, user_id, role) values (${place.workspaceId}, ${ids.get(role)}, ${role})
on conflict (workspace_id, user_id) do update set role = excluded.role`);
}

/** The answers to everybody that are not what the least role says. */
async function walk(route: Route, least: Least): Promise<string[]> {
  const wrong: string[] = [];
  const judge = (who: string, got: Got, isWelcome: boolean) => {
    if (got.status >= 500 || isRefused(route, got) === isWelcome)
      wrong.push(`${who} got ${got.status} ${got.location}`.trim());
  };
  if (least === 'this machine') {
    judge('a stranger', await send(route, { params: {} }), false);
    // No name of the short host is one that programs beside the server ask by: there the token is the way in.
    const proof = route.isShort ? { key: askToken } : { isNextDoor: true };
    judge('this machine', await send(route, { params: {}, ...proof }), true);
    return wrong;
  }
  if (least === 'api key' || least === 'api key of an admin') {
    const ask = async (by: { cookie?: string; key?: string }) =>
      send(route, { ...by, params: await makeParams(place, route.url, '') });
    judge('a stranger', await ask({}), false);
    judge('the owner without a key', await ask({ cookie: personOf('owner').cookie }), false);
    judge('the key of a member', await ask({ key: keys.member }), least === 'api key');
    judge('the key of an admin', await ask({ key: keys.admin }), true);
    judge('a key of another workspace', await ask({ key: keys.theirs }), !route.url.includes(':'));
    return wrong;
  }
  for (const actor of actors) {
    const params = await makeParams(place, route.url, ids.get(actor) ?? '');
    const cookie = people.get(actor)?.cookie ?? '';
    judge(actor, await send(route, { params, cookie }), isEnough(actor, least));
    if (route.method === 'POST') await restoreRoles();
  }
  return wrong;
}

describe('every route', () => {
  it('stands in the table of least roles, and the table names no other', () => {
    const names = routes().map(({ name }) => name);
    expect(names.length).toBeGreaterThan(90);
    const missing = names.filter((name) => !(name in leastRoles)).map((name) => `  '${name}': '<least role>',`);
    expect(missing.join('\n'), 'Add to test/access/least-roles.ts, with who may use it at the least').toBe('');
    const gone = Object.keys(leastRoles).filter((name) => !names.includes(name));
    expect(gone, 'Take out of test/access/least-roles.ts: these routes are gone').toEqual([]);
  });

  it('refuses whoever may less, and nobody else', { timeout: 180_000 }, async () => {
    const wrong: string[] = [];
    // Logging out ends the session that the others are asked with.
    const inOrder = routes().toSorted(
      (one, other) => Number(one.url === '/log-out') - Number(other.url === '/log-out'),
    );
    for (const route of inOrder) {
      const least = leastRoles[route.name];
      if (least) wrong.push(...(await walk(route, least)).map((what) => `${route.name} (${least}): ${what}`));
    }
    expect(wrong.join('\n')).toBe('');
  });
});
