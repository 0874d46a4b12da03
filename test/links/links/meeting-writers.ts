import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { newId } from '../../../src/ground/text/id.ts';
import { type Client, createLink, openClient } from '../../people/keys/client.ts';
import type { Answer, Ask, Person, TestApp } from '../../setup/app.ts';
import { insertDomain } from '../../setup/domains.ts';

/** Two or more requests that change, name and delete the same rows, sent at the same moment. */
export type Meeting = { name: string; send: (world: World) => Promise<Answer[]> };

export type World = {
  app: TestApp;
  ada: Person;
  client: Client;
  /** Links that all meetings change. */
  links: readonly string[];
  /** Posts a form below the workspace's pages, from an address of its own: limits by network are not what is tried. */
  post: (path: string, form: Record<string, string>) => Promise<Answer>;
  /** A campaign, a tag, a live domain or a link that nothing else uses. */
  newCampaign: () => Promise<{ id: string; name: string }>;
  newTag: () => Promise<{ id: string; name: string }>;
  newDomain: () => Promise<{ id: string; host: string }>;
};

const word = () => randomBytes(5).toString('hex');

export async function makeWorld(app: TestApp): Promise<World> {
  const ada = await app.signUp('Ada');
  const client = await openClient(app, ada);
  const made = await Promise.all(Array.from({ length: 10 }, () => createLink(client)));
  const { workspaceId } = client;
  const insert = async (table: 'campaigns' | 'tags') => {
    const [id, name] = [newId(), word()];
    const colour = table === 'tags' ? sql`, 'grey'` : sql``;
    await app.db.execute(sql`
insert into ${sql.identifier(table)} (id, workspace_id, name, name_key ${table === 'tags' ? sql`, colour` : sql``})
values (${id}, ${workspaceId}, ${name}, ${name} ${colour})`);
    return { id, name };
  };
  return {
    app,
    ada,
    client,
    links: made.map(({ id }) => id),
    post: (path, form) => {
      const headers = { 'x-forwarded-for': `198.51.${randomBytes(1)[0]}.${randomBytes(1)[0]}` };
      return ada.ask(`/w/${ada.workspace.slug}${path}`, { method: 'POST', form, headers } satisfies Ask);
    },
    newCampaign: () => insert('campaigns'),
    newTag: () => insert('tags'),
    newDomain: async () => {
      const host = `${word()}.example.com`;
      return { id: await insertDomain(app.db, workspaceId, host), host };
    },
  };
}

const shuffled = (links: readonly string[]) => links.toSorted(() => Math.random() - 0.5);
const patch = ({ client }: World, link: string | undefined, body: object) =>
  client.ask(`/links/${link}`, { method: 'PATCH', body });
const bulk = ({ post, links }: World, form: Record<string, string>) =>
  post('/links/bulk', { links: shuffled(links).join(' '), ...form });
const some = ({ links }: World) => links[Math.floor(Math.random() * links.length)];

/** Makes what a meeting needs, then sends its requests. */
const about =
  <Thing>(make: (world: World) => Promise<Thing>, send: (world: World, thing: Thing) => Promise<Answer>[]) =>
  async (world: World): Promise<Answer[]> =>
    Promise.all(send(world, await make(world)));

export const meetings: readonly Meeting[] = [
  {
    name: 'a new tag for ten links, and for one of them',
    send: about(
      async () => word(),
      (world, tag) => [bulk(world, { action: 'add-tag', tag }), patch(world, some(world), { tags: [tag] })],
    ),
  },
  {
    name: 'two new tags for ten links, crosswise',
    send: about(
      async () => ({ one: word(), other: word() }),
      (world, { one, other }) => [
        bulk(world, { action: 'add-tag', tag: one }),
        bulk(world, { action: 'add-tag', tag: other }),
        patch(world, some(world), { tags: [other, one] }),
        patch(world, some(world), { tags: [one, other] }),
      ],
    ),
  },
  {
    name: 'ten links are archived, restored and changed',
    send: (world) =>
      Promise.all([
        bulk(world, { action: 'archive' }),
        bulk(world, { action: 'restore' }),
        patch(world, some(world), { archived: true, tags: [word(), word()] }),
        patch(world, some(world), { archived: false, title: word() }),
      ]),
  },
  {
    name: 'a tag is deleted while links are made with it, get it and lose it',
    send: about(
      ({ newTag }) => newTag(),
      (world, { id, name }) => [
        world.post(`/tags/${id}/delete`, {}),
        world.client.ask('/links', { body: { url: 'https://example.com', tags: [name, word()] } }),
        world.post('/links', { url: 'https://example.com', tags: `${word()}, ${name}` }),
        bulk(world, { action: 'add-tag', tag: name }),
        bulk(world, { action: 'remove-tag', tag: name }),
      ],
    ),
  },
  {
    name: 'tags are merged both ways while links are made with them',
    send: about(
      ({ newTag }) => Promise.all([newTag(), newTag()]),
      (world, [one, other]) => [
        world.post(`/tags/${one.id}/merge`, { into: other.name, sure: other.id }),
        world.post(`/tags/${other.id}/merge`, { into: one.name, sure: one.id }),
        world.client.ask('/links', { body: { url: 'https://example.com', tags: [one.name, other.name] } }),
        patch(world, some(world), { tags: [other.name, one.name] }),
        world.post(`/tags/${one.id}`, { name: word(), colour: 'red' }),
      ],
    ),
  },
  {
    name: 'a campaign is deleted while it is shared, mailed and named by links',
    send: about(
      ({ newCampaign }) => newCampaign(),
      (world, { id, name }) => [
        world.post(`/campaigns/${id}/delete`, {}),
        world.post('/shares', { campaign: id, title: 'Results' }),
        world.post('/mailings', { campaign: id, every: 'week', recipient: `${word()}@example.com` }),
        world.client.ask('/links', { body: { url: 'https://example.com', campaign: name } }),
        bulk(world, { action: 'set-campaign', campaign: name }),
        patch(world, some(world), { campaign: name }),
      ],
    ),
  },
  {
    name: 'a tag is deleted while its report is shared and mailed',
    send: about(
      ({ newTag }) => newTag(),
      (world, { id }) => [
        world.post(`/tags/${id}/delete`, {}),
        world.post('/shares', { tag: id, title: 'Results' }),
        world.post('/mailings', { tag: id, every: 'month', recipient: `${word()}@example.com` }),
      ],
    ),
  },
  {
    name: 'a link is deleted while it gets notes, tags and a share',
    send: about(
      ({ client }) => createLink(client, { tags: [word()] }),
      (world, { id }) => [
        world.client.ask(`/links/${id}`, { method: 'DELETE' }),
        world.post('/notes', { link: id, day: '2026-11-22', text: 'Sale' }),
        world.post('/shares', { link: id, title: 'Results' }),
        patch(world, id, { tags: [word()] }),
        world.post('/links/bulk', { links: `${id} ${world.links.join(' ')}`, action: 'add-tag', tag: word() }),
      ],
    ),
  },
  {
    name: 'a domain is removed while it becomes the default and links are made on it',
    send: about(
      ({ newDomain }) => newDomain(),
      (world, { id, host }) => [
        world.post(`/domains/${id}/remove`, { host }),
        world.client.ask(`/domains/${id}`, { method: 'PATCH', body: { isDefault: true, isCaseSensitive: true } }),
        world.client.ask('/links', { body: { url: 'https://example.com', domain: host, slug: 'Spring' } }),
        world.post('/links', { url: 'https://example.com', domain: host, tags: word() }),
      ],
    ),
  },
  {
    name: 'people are asked in, asked again and taken back',
    send: about(
      async () => `${word()}@example.com`,
      (world, email) => [
        world.post('/invitations', { email, role: 'viewer' }),
        world.post('/invitations', { email, role: 'member' }),
        world.post('/mailings', { every: 'week', recipient: email }),
      ],
    ),
  },
];

/** Every answer of one meeting, each a success or a refusal with words. */
export async function meet(world: World, { name, send }: Meeting): Promise<string[]> {
  const answers = await send(world);
  return answers
    .filter(({ status, text }) => status >= 500 || (status >= 400 && !hasSentence(text)))
    .map(({ status, text }) => `${name}: ${status} ${text.slice(0, 200)}`);
}

const hasSentence = (text: string) => /\w+ \w+/.test(text.replaceAll(/<[^>]*>/g, ' ')) && !text.includes('on our side');
