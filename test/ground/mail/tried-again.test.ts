import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Mailer, openMailer } from '../../../src/ground/mail/mailer.ts';
import { listMails } from '../../../src/ground/mail/queries.ts';
import { nextTry } from '../../../src/ground/mail/schedule.ts';
import { smtpProblem } from '../../../src/ground/mail/smtp-problem.ts';
import { sendDueMailings } from '../../../src/reports/mailings/send.ts';
import { linkIn } from '../../people/accounts/mailbox.ts';
import { type Person, startTestApp, type TestApp } from '../../setup/app.ts';
import { rowsOf } from '../../setup/hits.ts';

/** A real SMTP server that answers recipients as it is told, and keeps what it takes. */
let refusal: { responseCode: number; message: string } | undefined;
const taken: ParsedMail[] = [];
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onRcptTo: (_address, _session, done) =>
    refusal ? done(Object.assign(new Error(refusal.message), { responseCode: refusal.responseCode })) : done(),
  onData(stream, _session, done) {
    simpleParser(stream, (error: Error | null, mail) => {
      if (!error) taken.push(mail);
      done(error);
    });
  },
});

let app: TestApp;
let admin: Person;
let smtpUrl: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  smtpUrl = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  app = await startTestApp({ SMTP_URL: smtpUrl });
  admin = await app.signUp('Ada');
});
afterAll(async () => {
  await app.close();
  await new Promise<void>((resolve) => server.close(resolve));
});
afterEach(async () => {
  refusal = undefined;
  taken.length = 0;
  await app.db.execute(sql`delete from mails`);
});

const later = { responseCode: 451, message: 'Greylisted, try again later' };
const never = { responseCode: 550, message: 'No such user here' };
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);
const mail = { to: 'jane@example.com', subject: 'Hello', text: 'Press https://example.com/secret' };
type Row = { attempts: number; body: string; html: string | null; error: string | null; waits: boolean; sent: boolean };
const rows = () =>
  rowsOf<Row>(
    app.db,
    sql`select attempts, body, html, error, next_try_at is not null as waits, sent_at is not null as sent from mails order by id`,
  );

describe('a mail that is put off (4yz)', () => {
  it('is tried again and comes, and then nothing of it is kept but that it was sent', async () => {
    refusal = later;
    expect(await app.mailer.send({ ...mail, html: '<p>secret</p>', headers: { 'X-Kind': 'test' } })).toBe('waiting');
    expect(await rows()).toMatchObject([
      { attempts: 1, waits: true, sent: false, error: expect.stringContaining('451') },
    ]);
    expect(await app.mailer.sendDue(inMinutes(0.5))).toBe(0);
    expect((await rows())[0]?.attempts).toBe(1);
    expect(await app.mailer.sendDue(inMinutes(2))).toBe(0);
    expect((await rows())[0]?.attempts).toBe(2);
    refusal = undefined;
    expect(await app.mailer.sendDue(inMinutes(8))).toBe(1);
    expect(taken.map(({ subject, text, html }) => [subject, text?.trim(), html])).toEqual([
      ['Hello', mail.text, '<p>secret</p>'],
    ]);
    expect(taken[0]?.headers.get('x-kind')).toBe('test');
    expect(await rows()).toMatchObject([{ body: '', html: null, error: null, waits: false, sent: true }]);
    expect(await app.mailer.sendDue(inMinutes(100))).toBe(0);
  });

  it('does not hold up the next one', async () => {
    refusal = later;
    for (const subject of ['One', 'Two', 'Three']) await app.mailer.send({ ...mail, subject });
    expect((await rows()).map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
    refusal = undefined;
    expect(await app.mailer.sendDue(inMinutes(2))).toBe(3);
  });

  it('is given up after four days, and kept with the reason', async () => {
    refusal = later;
    await app.mailer.send(mail);
    await app.db.execute(sql`update mails set created_at = now() - interval '4 days'`);
    expect(await app.mailer.sendDue(inMinutes(2))).toBe(0);
    expect(await rows()).toMatchObject([{ waits: false, sent: false, body: mail.text }]);
    expect((await admin.ask('/admin/mail')).text).toContain('It is not tried again.');
  });

  it('is tried in growing pauses', () => {
    const from = new Date(0);
    const pauses: number[] = [];
    for (let [attempts, now] = [1, 0]; ; attempts++) {
      const next = nextTry(attempts, from, new Date(now));
      if (next === null) break;
      pauses.push((next.getTime() - now) / 60_000);
      now = next.getTime();
    }
    expect(pauses.slice(0, 8)).toEqual([1, 4, 10, 30, 60, 120, 180, 180]);
    expect(pauses.toSorted((a, b) => a - b)).toEqual(pauses);
    const days = pauses.reduce((sum, pause) => sum + pause, 0) / 1_440;
    expect([days > 3.8, days <= 4]).toEqual([true, true]);
  });
});

describe('a mail that is refused (5yz)', () => {
  it('is final, and said', async () => {
    refusal = never;
    expect(await app.mailer.send(mail)).toBe('refused');
    expect(await rows()).toMatchObject([
      { attempts: 1, waits: false, sent: false, error: expect.stringContaining('No such user') },
    ]);
    refusal = undefined;
    expect(await app.mailer.sendDue(inMinutes(10_000))).toBe(0);
    expect(taken).toEqual([]);
  });
});

describe('a server that is not there, or hangs', () => {
  it.each(['refuses connections', 'hangs'])('puts a mail off when it %s, and is asked once a round', async (how) => {
    let connections = 0;
    const silent = net.createServer((socket) => {
      connections++;
      socket.on('error', () => {});
    });
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    if (how !== 'hangs') await new Promise((resolve) => void silent.close(resolve));
    const url = `smtp://127.0.0.1:${port}?connectionTimeout=300&greetingTimeout=300`;
    const problems: string[] = [];
    const mailer = openMailer({ smtpUrl: url, mailFrom: 'us@example.com' }, app.db, (sentence) =>
      problems.push(sentence),
    );
    for (const subject of ['One', 'Two', 'Three']) expect(await mailer.send({ ...mail, subject })).toBe('waiting');
    const before = connections;
    expect(await mailer.sendDue(inMinutes(2))).toBe(0);
    expect(connections - before).toBe(how === 'hangs' ? 1 : 0);
    expect((await rows()).map(({ attempts }) => attempts).toSorted((one, other) => one - other)).toEqual([1, 1, 2]);
    expect((await rows()).map(({ error }) => error).join()).toMatch(
      how === 'hangs' ? /does not answer in time/ : /Nothing listens there/,
    );
    expect(problems.join()).not.toContain('jane');
    if (how === 'hangs') silent.close();
    await mailer.close();
    // Another node, with a server that works, sends them.
    expect(await app.mailer.sendDue(inMinutes(60))).toBe(3);
  });
});

it('a certificate that nobody signed is told in one sentence, with the way out', async () => {
  const own = new SMTPServer({
    authOptional: true,
    onData: (stream, _session, done) => stream.resume().on('end', () => done()),
  });
  own.on('error', () => {});
  own.listen(0, '127.0.0.1');
  await once(own.server, 'listening');
  const url = `smtp://127.0.0.1:${(own.server.address() as AddressInfo).port}`;
  const open = (at: string) => openMailer({ smtpUrl: at, mailFrom: 'us@example.com' }, app.db, () => {});
  expect(await open(url).send(mail)).toBe('waiting');
  expect((await rows())[0]?.error).toMatch(
    /certificate is not trusted .*NODE_EXTRA_CA_CERTS.*tls\.rejectUnauthorized=false/,
  );
  expect(await open(`${url}?tls.rejectUnauthorized=false`).send(mail)).toBe('sent');
  await new Promise<void>((resolve) => own.close(resolve));
});

it.each([
  [{ code: 'EAUTH', responseCode: 535, message: 'Invalid login: 535 no' }, /user or the password/],
  [{ code: 'ESOCKET', message: 'ssl3_get_record:wrong version number' }, /smtps:\/\//],
  [{ code: 'EDNS', message: 'getaddrinfo ENOTFOUND mail.example' }, /name is not found/],
  [{ message: 'something else' }, /^something else$/],
])('%j is told in words', (error, words) => {
  expect(smtpProblem(Object.assign(new Error(error.message), error))).toMatch(words);
});

it('several nodes send a mail once', async () => {
  refusal = later;
  for (let n = 0; n < 10; n++) await app.mailer.send({ ...mail, subject: `Mail ${n}` });
  refusal = undefined;
  const nodes: Mailer[] = Array.from({ length: 4 }, () =>
    openMailer({ smtpUrl, mailFrom: 'us@example.com' }, app.db, () => {}),
  );
  const now = inMinutes(2);
  const sent = await Promise.all(nodes.map((node) => node.sendDue(now)));
  expect(sent.reduce((sum, each) => sum + each, 0)).toBe(10);
  expect(new Set(taken.map(({ subject }) => subject)).size).toBe(10);
  expect(taken).toHaveLength(10);
});

it('a node that dies while it sends leaves the mail to others, after a while', async () => {
  refusal = later;
  await app.mailer.send(mail);
  refusal = undefined;
  await app.db.execute(sql`update mails set error = null, attempts = 2, next_try_at = now() + interval '15 minutes'`);
  expect(await app.mailer.sendDue(inMinutes(14))).toBe(0);
  expect(await app.mailer.sendDue(inMinutes(16))).toBe(1);
});

it('a link that has ended is not sent any more, and not kept', async () => {
  refusal = later;
  expect((await app.ask('/forgot-password', { form: { email: admin.email } })).status).toBe(200);
  await expect.poll(async () => (await rows())[0]?.error ?? '').toContain('451');
  expect((await rows())[0]?.body).toContain('/reset-password?token=');
  refusal = undefined;
  expect(await app.mailer.sendDue(inMinutes(61))).toBe(0);
  expect(await rows()).toMatchObject([{ body: '', waits: false, sent: false }]);
  expect(taken).toEqual([]);
  const page = (await admin.ask('/admin/mail')).text;
  expect(page).toContain('The link in it had ended');
  expect(page).not.toContain('Try again now');
});

it('a link that still works comes later', async () => {
  refusal = later;
  await app.ask('/forgot-password', { form: { email: admin.email } });
  await expect.poll(async () => (await rows())[0]?.error ?? '').toContain('451');
  refusal = undefined;
  expect(await app.mailer.sendDue(inMinutes(2))).toBe(1);
  const [came] = taken;
  expect((await app.ask(linkIn({ text: came?.text ?? '' }))).status).toBe(200);
});

describe('the instance’s admin', () => {
  it('sees what waits and what was refused, with reasons, and has it tried again', async () => {
    refusal = later;
    await app.mailer.send({ ...mail, subject: 'Waits' });
    refusal = never;
    await app.mailer.send({ ...mail, subject: 'Refused' });
    const page = (await admin.ask('/admin/mail')).text;
    expect(page).toMatch(
      /Waiting.*Waits.*Greylisted.*Tried once, next try.*Not sent.*Refused.*No such user.*not tried again/s,
    );
    const ids = [...page.matchAll(/action="\/admin\/mail\/(\d+)\/retry"/g)].map(([, id]) => id);
    expect(ids).toHaveLength(2);
    expect((await admin.ask(`/admin/mail/${ids[1]}/retry`, { form: {} })).status).toBe(303);
    expect((await listMails(app.db)).kept.map(({ subject }) => subject)).toEqual(['Refused']);
    refusal = undefined;
    for (const id of ids) expect((await admin.ask(`/admin/mail/${id}/retry`, { form: {} })).status).toBe(303);
    expect(taken.map(({ subject }) => subject)).toEqual(['Waits', 'Refused']);
    expect((await admin.ask('/admin/mail')).text).toContain('Nothing is waiting');
    expect((await admin.ask(`/admin/mail/${ids[0]}/retry`, { form: {} })).status).toBe(404);
  });

  it('is nobody else', async () => {
    const other = await app.signUp('Bea');
    expect((await other.ask('/admin/mail/1/retry', { form: {} })).status).toBe(404);
  });
});

describe('a form that has a mail sent', () => {
  const invite = async (email: string) => {
    const answer = await admin.ask(`/w/${admin.workspace.slug}/invitations`, { form: { email, role: 'member' } });
    const flash =
      answer.headers['set-cookie']?.find((line) => line.startsWith('waymark_flash'))?.split(';', 1)[0] ?? '';
    const { text } = await admin.ask('/account', { headers: { cookie: `${admin.cookie}; ${flash}` } });
    return text;
  };

  it('says whether it could be sent', async () => {
    expect(await invite('a@example.com')).toContain('a@example.com is invited as a member.<');
    refusal = later;
    expect(await invite('b@example.com')).toContain('could not be sent now; it will be tried again.');
    refusal = never;
    expect(await invite('c@example.com')).toContain('the mail server refused the mail.');
  });
});

describe('a report by mail', () => {
  it('counts as sent when it was, once', async () => {
    const path = `/w/${admin.workspace.slug}/mailings`;
    expect((await admin.ask(path, { form: { recipient: admin.email, every: 'week' } })).status).toBe(303);
    await app.db.execute(sql`update mailings set created_at = now() - interval '30 days'`);
    refusal = later;
    const now = new Date();
    const parts = { db: app.db, mailer: app.mailer, config: app.config };
    expect(await sendDueMailings(parts, now)).toBe(1);
    const waiting = (await admin.ask(path)).text;
    expect(waiting).toContain('Waiting for the mail server');
    expect(waiting).toContain('Not yet');
    expect(await sendDueMailings(parts, now)).toBe(0);
    refusal = undefined;
    expect(await app.mailer.sendDue(inMinutes(2))).toBe(1);
    expect(await sendDueMailings(parts, now)).toBe(0);
    const sent = (await admin.ask(path)).text;
    expect(sent).not.toMatch(/Waiting for the mail server|Not yet|Last one not sent/);
    expect(taken).toHaveLength(1);
    expect(taken[0]?.headers.get('list-unsubscribe-post') ?? taken[0]?.headers.get('list')).toBeTruthy();
  });

  it('that is refused for good never counts as sent', async () => {
    const path = `/w/${admin.workspace.slug}/mailings`;
    await app.db.execute(sql`delete from mailings`);
    await admin.ask(path, { form: { recipient: admin.email, every: 'week' } });
    await app.db.execute(sql`update mailings set created_at = now() - interval '30 days'`);
    refusal = never;
    await sendDueMailings({ db: app.db, mailer: app.mailer, config: app.config }, new Date());
    expect((await admin.ask(path)).text).toMatch(/Not yet.*Last one not sent/s);
    await app.db.execute(sql`delete from mails`);
    await sendDueMailings({ db: app.db, mailer: app.mailer, config: app.config }, new Date());
    expect((await admin.ask(path)).text).toMatch(/Not yet.*Last one not sent/s);
  });
});
