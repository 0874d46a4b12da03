import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql } from 'drizzle-orm';
import { startTestApp, type TestApp } from '../../setup/app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

it('a flood of 5,100 other addresses gets an account no further mail for a new password', async () => {
  const ada = await app.signUp('Ada');
  const ask = (email: string, n: number) =>
    app.ask('/forgot-password', {
      form: { email },
      // A network of its own each, and a /48 for a hundred of them.
      headers: { 'x-forwarded-for': `2001:db8:${Math.floor(n / 100).toString(16)}:${n.toString(16)}::1` },
    });
  const mails = async () => {
    const { rows } = await app.db.execute<{ mails: number }>(
      sql`select count(*)::int as mails from mails where recipient = ${ada.email}`,
    );
    return rows[0]?.mails;
  };
  for (let n = 0; n < 6; n++) await ask(ada.email, n);
  await expect.poll(mails).toBe(5);
  for (let n = 100; n < 5_200; n += 20)
    await Promise.all(Array.from({ length: 20 }, (_, index) => ask(`stranger-${n + index}@example.com`, n + index)));
  for (let n = 6_000; n < 6_006; n++) expect((await ask(ada.email, n)).status).toBe(200);
  const { rows } = await app.db.execute(sql`select max(count) as most from tries`);
  expect(rows).toEqual([{ most: 12 }]);
  expect(await mails()).toBe(5);
}, 300_000);
