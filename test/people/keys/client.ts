import { eq } from 'drizzle-orm';
import { insertApiKey } from '../../../src/people/keys/keys.ts';
import { users } from '../../../src/ground/db/schema.ts';
import { byPerson } from '../../setup/actor.ts';
import type { Answer, Ask, Person, TestApp } from '../../setup/app.ts';

/** A program that holds a key of somebody's workspace. */
export type Client = {
  key: string;
  keyId: string;
  workspaceId: string;
  /** Asks the API; paths start below /api/v1. */
  ask(path: string, ask?: Ask): Promise<Answer>;
};

/** Makes a key for a person's workspace, or as that person for somebody else's. */
export async function openClient(app: TestApp, person: Person, host = person): Promise<Client> {
  const workspaceId = host.workspace.id;
  const [maker] = await app.db.select({ id: users.id }).from(users).where(eq(users.email, person.email));
  const { id, key } = await insertApiKey(app.db, workspaceId, byPerson(maker?.id ?? ''), { name: 'Test' });
  return {
    key,
    keyId: id,
    workspaceId,
    ask: (path, options = {}) =>
      app.ask(`/api/v1${path}`, { ...options, headers: { authorization: `Bearer ${key}`, ...options.headers } }),
  };
}

/** A link as the API gives it. */
export type LinkJson = {
  id: string;
  domain: string;
  slug: string;
  shortUrl: string;
  url: string;
  title: string | null;
  tags: string[];
  campaign: string | null;
  createdAt: string;
  archivedAt: string | null;
  clicks: number;
  visitors: number;
  lastClickAt: string | null;
  warning: string | null;
};

/** Makes a link; throws when it is refused. */
export async function createLink(client: Client, body: Record<string, unknown> = {}): Promise<LinkJson> {
  const answer = await client.ask('/links', { body: { url: 'https://example.com/', ...body } });
  if (answer.status !== 201) throw new Error(`POST /links answered ${answer.status}: ${answer.text}`);
  return answer.json() as LinkJson;
}
