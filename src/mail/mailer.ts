import { createTransport } from 'nodemailer';
import type { Config } from '../config.ts';
import type { Db } from '../db/db.ts';
import { insertMail } from './queries.ts';

export type Mail = {
  to: string;
  subject: string;
  text: string;
  /** The same for programs that show it. */
  html?: string;
  headers?: Record<string, string>;
};

export type Mailer = {
  /**
   * Sends a mail, or keeps it for the instance's admin when there is no SMTP server or it refuses. Never rejects, so
   * that nobody has to wait for it: how long a page takes must not tell whether an account exists.
   */
  send(mail: Mail): Promise<void>;
  /** False: mail is shown in the log and at /admin/mail, and pages that rely on mail say so. */
  isDelivering: boolean;
  /** Waits for what is under way. */
  close(): Promise<void>;
};

/** How long an SMTP server may take to greet or to answer, in ms; nodemailer's own two minutes would hold up a stop. */
const patience = 10_000;

/**
 * Our one way out for mail.
 * @param log told of mail that was not delivered; with an error when it should have been, and then without saying to whom
 */
export function openMailer(
  config: Pick<Config, 'smtpUrl' | 'mailFrom'>,
  db: Db,
  log: (sentence: string, error?: unknown) => void,
): Mailer {
  const transport = config.smtpUrl === null ? null : createTransport(withPatience(config.smtpUrl));
  const underWay = new Set<Promise<void>>();

  async function deliver(mail: Mail): Promise<void> {
    if (!transport) {
      log(`Mail to ${mail.to}: "${mail.subject}". SMTP_URL is not set, so it is kept at /admin/mail.\n\n${mail.text}`);
      await insertMail(db, mail);
      return;
    }
    try {
      await transport.sendMail({ ...mail, from: config.mailFrom });
    } catch (error) {
      const id = await insertMail(db, mail);
      log(`A mail could not be sent. It is kept at /admin/mail#mail-${id}.`, withoutAddresses(error));
    }
  }

  return {
    isDelivering: transport !== null,
    send(mail) {
      const delivery = deliver(mail)
        .catch((error: unknown) => log('A mail could be neither sent nor kept.', error))
        .finally(() => underWay.delete(delivery));
      underWay.add(delivery);
      return delivery;
    },
    async close() {
      await Promise.all(underWay);
    },
  };
}

/** What an SMTP server answers names who was written to. */
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
