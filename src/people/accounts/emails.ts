import { letter } from '../../ground/mail/letter.ts';
import type { Mail } from '../../ground/mail/mail.ts';

/** How long a link in a mail works, in seconds; the mails say an hour. */
export const mailedLinkLife = 60 * 60;

type Recipient = { name: string; email: string };

/** When a link that is made now ends. */
const linkEnds = () => new Date(Date.now() + mailedLinkLife * 1_000);

const notYou = 'If you did not ask for this, you need not do anything.';

export function resetPasswordMail({ email, name }: Recipient, url: string): Mail {
  const mail = letter({
    to: email,
    name,
    subject: 'Choose a new password',
    link: { words: 'Open this page to choose a new password for Waymark:', url },
    after: ['It works once, for an hour. Your old password keeps working until then.', notYou],
  });
  return { ...mail, expiresAt: linkEnds() };
}

export function confirmEmailMail({ email, name }: Recipient, url: string): Mail {
  const mail = letter({
    to: email,
    name,
    subject: 'Confirm your new e-mail address',
    link: {
      words: `Open this page to log in to Waymark as ${email} from now on:`,
      url,
    },
    after: ['It works once, for an hour. Until you confirm, your old address stays.', notYou],
  });
  return { ...mail, expiresAt: linkEnds() };
}

/** Goes to the old address: if somebody else asked, this is how the owner learns of it in time. */
export function emailChangeAskedMail({ email, name }: Recipient, newEmail: string): Mail {
  return letter({
    to: email,
    name,
    subject: 'Your e-mail address is about to change',
    paragraphs: [
      `You asked to log in to Waymark as ${newEmail}. It happens once the link in the mail to that address is opened.`,
      'If this was not you, somebody has your password: log in and choose a new one now. Then your address stays.',
    ],
  });
}

export function passwordChangedMail({ email, name }: Recipient, forgotUrl: string): Mail {
  return letter({
    to: email,
    name,
    subject: 'Your password was changed',
    paragraphs: ['Your password for Waymark was changed, and every other session was ended.'],
    link: { words: 'If this was not you, choose a new one here:', url: forgotUrl },
  });
}
