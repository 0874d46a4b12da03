import { once } from 'node:events';
import net from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openMailer } from '../../../src/ground/mail/mailer.ts';
import { listMails } from '../../../src/ground/mail/queries.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';

let app: TestApp;
let admin: Person;
let other: Person;

beforeAll(async () => {
  app = await startTestApp();
  admin = await app.signUp('Ada');
  other = await app.signUp('Bea');
});
afterAll(() => app.close());

it('is empty at first and says how mail can be sent', async () => {
  const page = await admin.ask('/admin/mail');
  expect(page.status).toBe(200);
  expect(page.text).toContain('Nothing is waiting');
  expect(page.text).toContain('SMTP_URL');
});

it('shows the admin what was not sent, with links to press', async () => {
  const asked = await app.ask('/forgot-password', { form: { email: other.email } });
  expect(asked.text).toContain('Mail is not set up on this server. Ask its admin to pass the message on to you.');
  const open = async () => (await admin.ask('/admin/mail')).text;
  await expect.poll(open).toContain('Choose a new password');
  const text = await open();
  expect(text).toContain(`To ${other.email}`);
  const href = /href="(http[^"]*\/reset-password\?token=[^"]+)"/.exec(text)?.[1] ?? '';
  expect(href.startsWith(app.url)).toBe(true);
  expect((await app.ask(href.slice(app.url.length))).status).toBe(200);
});

it('is told on pages that rely on mail, where the admin is led to it', async () => {
  expect((await other.ask('/account')).text).toContain('Ask its admin to pass the message on to you.');
  expect((await admin.ask('/account')).text).toContain('Messages wait under <a class="text-link" href="/admin/mail">');
});

it('does not exist for others', async () => {
  expect((await other.ask('/admin/mail')).status).toBe(404);
  expect((await other.ask('/account')).text).not.toContain('href="/admin/mail"');
  expect((await app.ask('/admin/mail')).headers.location).toBe('/log-in?next=%2Fadmin%2Fmail');
});

it('is where the settings of the server begin', async () => {
  const { status, headers } = await admin.ask('/admin');
  expect([status, headers.location]).toEqual([302, '/admin/mail']);
  expect((await other.ask('/admin')).status).toBe(404);
});

it('shows what strangers made up as text', async () => {
  await app.db.execute(sql`
insert into mails (recipient, subject, body) values ('x@example.com', '<b>Subject</b>', 'See javascript:alert(1) and https://example.com/?a="><i>')`);
  const { text } = await admin.ask('/admin/mail');
  expect(text).toContain('&lt;b&gt;Subject&lt;/b&gt;');
  expect(text).toContain('href="https://example.com/?a=&quot;&gt;&lt;i&gt;"');
  expect(text).not.toContain('href="javascript:');
});

it('keeps the last 200', async () => {
  const mailer = openMailer({ smtpUrl: null, mailFrom: '' }, app.db, () => {});
  for (let count = 1; count <= 205; count++) await mailer.send({ to: 'x@example.com', subject: `${count}`, text: '' });
  const { kept: mails } = await listMails(app.db);
  expect(mails).toHaveLength(200);
  expect([mails[0]?.subject, mails[199]?.subject]).toEqual(['205', '6']);
});

it('says in the log for whom mail is, what it is about and what it says', async () => {
  const lines: string[] = [];
  const mailer = openMailer({ smtpUrl: null, mailFrom: '' }, app.db, (sentence) => lines.push(sentence));
  await mailer.send({ to: 'x@example.com', subject: 'Hello', text: 'Press here' });
  expect(lines).toHaveLength(1);
  for (const part of ['x@example.com', '"Hello"', 'Press here']) expect(lines[0]).toContain(part);
});

it('names nobody in the log when the mail server refuses, and says where the mail is', async () => {
  const server = net.createServer((socket) => {
    socket.write('220 here\r\n');
    socket.on('data', (line) =>
      socket.write(/^RCPT/i.test(String(line)) ? '550 <jane@example.com>: no such user\r\n' : '250 fine\r\n'),
    );
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as net.AddressInfo;
  const told: unknown[] = [];
  const log = (sentence: string, error?: unknown) =>
    told.push(sentence, (error as Error).message, (error as Error).stack);
  const mailer = openMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, mailFrom: 'us@example.com' }, app.db, log);
  await mailer.send({ to: 'jane@example.com', subject: 'Hello Jane', text: 'Press here' });
  server.close();
  const text = told.join('\n');
  const id = /could not be sent\. It is kept at \/admin\/mail#(mail-\d+)\./.exec(text)?.[1] ?? '';
  expect(text).toContain('550');
  expect(text).toContain('no such user');
  expect(text).not.toMatch(/jane/i);
  expect((await admin.ask('/admin/mail')).text).toContain(`id="${id}"`);
});
