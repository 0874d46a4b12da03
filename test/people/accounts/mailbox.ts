import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export type Mailbox = {
  /** For SMTP_URL. */
  url: string;
  /** Subjects of the mail for an address that nobody took yet. */
  subjectsFor(address: string): (string | undefined)[];
  /** Waits for mail with this subject and takes it out. */
  take(subject: string): Promise<ParsedMail & { text: string }>;
  close(): Promise<void>;
};

/** A real SMTP server on 127.0.0.1 that keeps what it is sent. */
export async function openMailbox(): Promise<Mailbox> {
  const mails: ParsedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      simpleParser(stream, (error: Error | null, mail) => {
        if (!error) mails.push(mail);
        done(error);
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    subjectsFor: (address) => mails.filter((mail) => recipientOf(mail) === address).map((mail) => mail.subject),
    async take(subject) {
      for (let waited = 0; waited < 5_000; waited += 20) {
        const index = mails.findIndex((mail) => mail.subject === subject);
        const [mail] = index === -1 ? [] : mails.splice(index, 1);
        if (mail) return { ...mail, text: mail.text ?? '' };
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(
        `No mail "${subject}" came. There are: ${mails.map((mail) => mail.subject).join(', ') || 'none'}`,
      );
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export function recipientOf(mail: ParsedMail): string | undefined {
  return [mail.to].flat()[0]?.text;
}

/** The path of the link in a mail's text. */
export function linkIn(mail: { text: string }): string {
  const url = /https?:\/\/\S+/.exec(mail.text)?.[0];
  if (!url) throw new Error(`There is no link in: ${mail.text}`);
  const { pathname, search } = new URL(url);
  return pathname + search;
}
