import { createTransport } from 'nodemailer';
import type { Config } from '../../config.ts';
import type { Db } from '../db/db.ts';
import type { Job } from '../jobs/timetable.ts';
import type { Fate, Mail } from './mail.ts';
import { claimMail, expireMails, insertMail, type KeptMail, markFailed, markSent } from './queries.ts';
import { nextTry } from './schedule.ts';
import { isFinal, isUnreachable, smtpProblem } from './smtp-problem.ts';

export type Mailer = {
  /**
   * Puts a mail into the outbox and tries to send it at once. Never rejects, so that nobody has to wait for it: how long
   * a page takes must not tell whether an account exists.
   * @returns what became of it by the first try
   */
  send(mail: Mail): Promise<Fate>;
  /** Puts a mail into the outbox within a transaction; it is sent once that is committed. @returns its id */
  enqueue(tx: Db, mail: Mail): Promise<number>;
  /** Tries a mail of the outbox that is due, now. */
  deliver(id: number): Promise<Fate>;
  /** Tries every mail that is due. @returns how many were sent */
  sendDue(now: Date): Promise<number>;
  /** False: mail is shown in the log and at /admin/mail, and pages that rely on mail say so. */
  isDelivering: boolean;
  /** Waits for what is under way. */
  close(): Promise<void>;
};

/** How long an SMTP server may take to greet or to answer, in ms; nodemailer's own two minutes would hold up a stop. */
const patience = 10_000;

/**
 * Our one way out for mail: an outbox in the database, so that mail which a server puts off is tried again (RFC 5321,
 * 4.5.4.1), by whichever node is there.
 * @param log told of mail that was not delivered; with an error when it should have been, and then without saying to whom
 */
export function openMailer(
  config: Pick<Config, 'smtpUrl' | 'mailFrom'>,
  db: Db,
  log: (sentence: string, error?: unknown) => void,
): Mailer {
  const transport = config.smtpUrl === null ? null : createTransport(withPatience(config.smtpUrl));
  const underWay = new Set<Promise<unknown>>();

  async function enqueue(tx: Db, mail: Mail): Promise<number> {
    if (!transport)
      log(`Mail to ${mail.to}: "${mail.subject}". SMTP_URL is not set, so it is kept at /admin/mail.\n\n${mail.text}`);
    return insertMail(tx, mail, new Date(), transport !== null);
  }

  async function attempt({ id, recipient, subject, body, html, headers, attempts, createdAt }: KeptMail, now: Date) {
    try {
      const more = { ...(html !== null && { html }), ...(headers && { headers }) };
      await transport?.sendMail({ to: recipient, from: config.mailFrom, subject, text: body, ...more });
    } catch (error) {
      const next = isFinal(error) ? null : nextTry(attempts, createdAt, now);
      await markFailed(db, id, smtpProblem(error), next);
      const fate = next === null ? 'It is kept' : 'It is tried again and listed';
      log(`A mail could not be sent. ${fate} at /admin/mail#mail-${id}.`, withoutAddresses(error));
      return { fate: next === null ? ('refused' as const) : ('waiting' as const), isUnreachable: isUnreachable(error) };
    }
    await markSent(db, id, new Date());
    return { fate: 'sent' as const, isUnreachable: false };
  }

  async function deliver(id: number): Promise<Fate> {
    if (!transport) return 'kept';
    const now = new Date();
    const mail = await claimMail(db, now, id);
    // Another node has it, or it is sent.
    return mail ? (await attempt(mail, now)).fate : 'waiting';
  }

  async function sendDue(now: Date): Promise<number> {
    await expireMails(db, now);
    if (!transport) return 0;
    for (let sent = 0; ; ) {
      const mail = await claimMail(db, now);
      if (!mail) return sent;
      const { fate, isUnreachable: isAway } = await attempt(mail, now);
      if (fate === 'sent') sent++;
      // The others would wait for the same server, each for as long.
      if (isAway) return sent;
    }
  }

  /** Without a database there is no outbox, but the mail may go out all the same. */
  async function sendWithoutOutbox({ to, subject, text, html, headers }: Mail, cause: unknown): Promise<Fate> {
    if (!transport) throw cause;
    const more = { ...(html !== undefined && { html }), ...(headers && { headers }) };
    await transport.sendMail({ to, from: config.mailFrom, subject, text, ...more });
    return 'sent';
  }

  /** Keeps a stop waiting until it has ended. */
  function noted<Value>(work: Promise<Value>): Promise<Value> {
    const watched = work.finally(() => underWay.delete(watched));
    underWay.add(watched);
    return watched;
  }

  return {
    isDelivering: transport !== null,
    enqueue,
    deliver: (id) => noted(deliver(id)),
    sendDue: (now) => noted(sendDue(now)),
    send: (mail) =>
      noted(
        enqueue(db, mail)
          .then(deliver, (error: unknown) => sendWithoutOutbox(mail, error))
          .catch((error: unknown) => {
            log('A mail could be neither sent nor kept.', withoutAddresses(error));
            return 'refused' as const;
          }),
      ),
    async close() {
      await Promise.allSettled(underWay);
    },
  };
}

/** For the timetable. */
export function mailJobs(mailer: Mailer): Job[] {
  return [{ name: 'send mail', everyMs: 10_000, run: (now) => mailer.sendDue(now) }];
}

/** The answer of an SMTP server without the addresses that it names. */
function withoutAddresses(error: unknown): Error {
  const { message, code = 'ESMTP' } = error as Error & { code?: string };
  return new Error(`${code}: ${message.replaceAll(/[^\s<>"',;:]+@[^\s<>"',;:]+/g, '…')}`);
}

function withPatience(smtpUrl: string): string {
  const url = new URL(smtpUrl);
  for (const name of ['connectionTimeout', 'greetingTimeout', 'socketTimeout']) {
    if (!url.searchParams.has(name)) url.searchParams.set(name, String(patience));
  }
  return url.href;
}
