import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createLink, openClient } from '../../people/keys/client.ts';
import { type Answer, startTestApp, type TestApp } from '../../setup/app.ts';
import { seeded } from '../../setup/seeded.ts';
import { mutant } from './mutants.ts';

let app: TestApp;
/** Each may send 600 requests a minute. */
const clients: { client: Client; path: string }[] = [];

beforeAll(async () => {
  app = await startTestApp();
  for (let made = 0; made < 10; made++) {
    const client = await openClient(app, await app.signUp(`Person ${made}`));
    clients.push({ client, path: `/links/${(await createLink(client)).id}` });
  }
});
afterAll(() => app.close());

const isTold = ({ status, text }: Pick<Answer, 'status' | 'text'>) => {
  if (status === 200) return true;
  const { code, field } = JSON.parse(text) as { code: string; field?: string };
  // A body with __proto__ in it is no JSON that we take.
  return (status === 422 && /^routes(?:[.[]|$)/.test(field ?? '')) || (status === 400 && code === 'malformed_json');
};

describe('rules of any shape', () => {
  it('are taken, or refused with a path: 1,000 mutants', { timeout: 60_000 }, async () => {
    const { host } = new URL(app.url);
    const seen = new Map<number, number>();
    await Promise.all(
      clients.map(async ({ client, path }, nth) => {
        const random = seeded(nth);
        for (let count = 0; count < 100; count++) {
          const routes = mutant(random);
          const { statusCode: status, body: text } = await app.fastify.inject({
            method: 'PATCH',
            url: `/api/v1${path}`,
            headers: { host, authorization: `Bearer ${client.key}`, 'content-type': 'application/json' },
            payload: JSON.stringify({ routes }),
          });
          expect(isTold({ status, text }), `${text} to ${JSON.stringify(routes)}`).toBe(true);
          seen.set(status, (seen.get(status) ?? 0) + 1);
        }
      }),
    );
    expect(seen.get(200)).toBeGreaterThan(20);
    expect(seen.get(422)).toBeGreaterThan(400);
  });

  it.each([
    ['lists', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    ['conditions', `[{"when":${'{"not":'.repeat(100_000)}{}${'}'.repeat(100_000)},"to":[]}]`],
    ['groups', `[{"when":${'{"all":['.repeat(50_000)}${']}'.repeat(50_000)},"to":[]}]`],
    ['many rules', JSON.stringify(Array.from({ length: 200_000 }, () => 1))],
    ['many properties', `[{${Array.from({ length: 50_000 }, (_, at) => `"p${at}":1`).join()}}]`],
    ['prototypes', '[{"__proto__":{"when":1}}]'],
    ['constructors', '[{"constructor":{"prototype":{}}}]'],
  ])('are refused where they are too deep or too many: %s', async (_what, routes) => {
    const [{ client, path } = {}] = clients;
    const answer = await client?.ask(path ?? '', { method: 'PATCH', body: `{"routes":${routes}}` });
    expect(answer && isTold(answer)).toBe(true);
    expect(answer?.status).toBeGreaterThanOrEqual(400);
  });
});
