import { within } from '../time/within.ts';

export type Mail = {
  to: string;
  subject: string;
  text: string;
  /** The same for programs that show it. */
  html?: string;
  headers?: Record<string, string>;
  /** When the link in it ends: after that it is not sent. */
  expiresAt?: Date;
};

/** The state of a mail. `waiting`: it could not be sent now and is tried again; `kept`: the admin passes it on. */
export type Fate = 'sent' | 'waiting' | 'refused' | 'kept';

const words: Readonly<Record<Fate, string>> = {
  sent: '',
  waiting: ' The mail could not be sent now; it will be tried again.',
  refused: ' But the mail server refused the mail. Check the address.',
  kept: '',
};

/** How long a page waits for a mail server, in milliseconds. */
const patienceMs = 3_000;

/** For whoever had a mail sent: what to know of it, after a space; '' when all is well, or the server is slow to answer. */
export async function aboutMail(sending: Promise<Fate>): Promise<string> {
  try {
    return words[await within(patienceMs, sending)];
  } catch {
    return '';
  }
}
