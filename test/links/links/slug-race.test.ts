import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';

let app: TestApp;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  app = await startTestApp();
  ada = await app.signUp('Ada');
  bob = await app.signUp('Bob');
});
afterAll(() => app.close());

describe('twenty people who want one slug at the same moment', () => {
  it('get it once: one wins, the others are told that it is taken', async () => {
    const asked = Array.from({ length: 20 }, (_, index) => {
      const person = index % 2 === 0 ? ada : bob;
      // Spellings of one slug.
      const form = { url: `https://example.com/${index}`, slug: index % 3 === 0 ? 'Launch' : 'launch' };
      return person.ask(`/w/${person.workspace.slug}/links`, { form });
    });
    const statuses = (await Promise.all(asked)).map((answer) => answer.status);
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);

    const winner = statuses.indexOf(303);
    expect((await app.visit('/launch')).headers.location).toBe(`https://example.com/${winner}`);
    const { rows } = await app.db.execute(sql`
select (select count(*)::int from links) as links,
       (select count(*)::int from slugs) as slugs,
       (select count(*)::int from slugs where slug_key = 'launch') as winners`);
    expect(rows).toEqual([{ links: 1, slugs: 2, winners: 1 }]);
  });
});

describe('a hundred links at once without a slug', () => {
  it('all get one of their own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        ada.ask(`/w/${ada.workspace.slug}/links`, { form: { url: 'https://example.com/many' } }),
      ),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 100 }, () => 303));
    expect(new Set(answers.map((answer) => answer.headers.location)).size).toBe(100);
  });
});
